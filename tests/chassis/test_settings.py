"""What the environment says, and what each library makes of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kombu import Connection
from psycopg.conninfo import conninfo_to_dict
from pydantic import ValidationError
from sqlalchemy import make_url

from chassis import amqp
from chassis.settings import Settings, Unusable, settings
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("uri", "vhost"),
    [
        ("amqp://host", "/"),
        ("amqp://host/", "/"),
        ("amqp://host//", "/"),
        ("amqp://host/%2F", "/"),
        ("amqp://host/bank", "bank"),
    ],
)
def test_both_libraries_mean_the_same_virtual_host(
    environment: None, monkeypatch: pytest.MonkeyPatch, uri: str, vhost: str
) -> None:
    monkeypatch.setenv("AMQP_URI", uri)
    settings.cache_clear()

    assert amqp.parameters(settings()).virtual_host == vhost
    assert (Connection(uri).virtual_host or "/") == vhost


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A password that would mean something else in an address, as `echo` writes it."""
    file = tmp_path / "password"
    file.write_text("p@ss/w:rd%2F\n")
    return file


def test_a_password_comes_from_its_file_for_every_library(
    environment: None, monkeypatch: pytest.MonkeyPatch, secret: Path
) -> None:
    monkeypatch.setenv("AMQP_URI", "amqp://us@broker:5672/%2F")
    monkeypatch.setenv("DATABASE_URL", "postgresql://us@database:5432/doorstep")
    monkeypatch.setenv("DOORSTEP_BROKER_PASSWORD_FILE", str(secret))
    monkeypatch.setenv("DOORSTEP_DATABASE_PASSWORD_FILE", str(secret))
    found = settings()

    assert amqp.parameters(found).credentials.password == "p@ss/w:rd%2F"
    assert Connection(found.amqp_uri).password == "p@ss/w:rd%2F"
    assert make_url(found.database_url).password == "p@ss/w:rd%2F"
    assert conninfo_to_dict(found.database_url)["password"] == "p@ss/w:rd%2F"
    assert found.vhost == "/"


def test_a_password_is_in_no_words_about_the_settings(
    environment: None, monkeypatch: pytest.MonkeyPatch, secret: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://us@database:5432/doorstep")
    monkeypatch.setenv("DOORSTEP_DATABASE_PASSWORD_FILE", str(secret))
    good = repr(settings()) + str(settings())
    settings.cache_clear()
    monkeypatch.setenv("AMQP_URI", "amqp://us:hunter2@broker")
    monkeypatch.setenv("DOORSTEP_BROKER_PASSWORD_FILE", str(secret))
    with pytest.raises(Unusable) as bad:
        settings()
    with pytest.raises(ValidationError) as raw:
        Settings()

    words = good + str(bad.value) + str(raw.value) + repr(raw.value)
    assert [each for each in ("hunter2", "p@ss", "p%40ss") if each in words] == []


@pytest.mark.parametrize(
    ("content", "url", "says"),
    [
        ("", "postgresql://us@database/x", "is empty; write the password into it"),
        (" \n", "postgresql://us@database/x", "is empty; write the password into it"),
        (None, "postgresql://us@database/x", "cannot read {file}: FileNotFoundError"),
        ("one", "postgresql://us:two@database/x", "write it as user@host"),
        ("one", "postgresql://database/x", "write it as user@host"),
    ],
)
def test_a_password_that_cannot_be_had_is_said_in_a_sentence(
    environment: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    content: str | None,
    url: str,
    says: str,
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DOORSTEP_DATABASE_PASSWORD_FILE", str(file))

    with pytest.raises(Unusable) as fault:
        settings()
    assert str(fault.value).startswith("DATABASE_URL: ")
    assert says.format(file=file) in str(fault.value)


@pytest.mark.parametrize(
    ("database", "broker", "well"),
    [
        ("postgresql://us:a-true-one@d/x", "amqp://us:another@b", True),
        ("postgresql://us@d/x", "amqp://us:another@b", False),
        ("postgresql://us:@d/x", "amqp://us:another@b", False),
        ("postgresql://us:us@d/x", "amqp://us:another@b", False),
        ("postgresql://us:Postgres@d/x", "amqp://us:another@b", False),
        ("postgresql://us:a-true-one@d/x", "amqp://b", False),
        ("postgresql://us:a-true-one@d/x", "amqp://guest:guest@b", False),
    ],
)
def test_production_opens_with_no_password_that_everybody_tries(
    environment: None,
    monkeypatch: pytest.MonkeyPatch,
    database: str,
    broker: str,
    well: bool,
) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("AMQP_URI", broker)
    assert settings().environment == "development"  # a desk may do as it likes
    settings.cache_clear()
    production(monkeypatch)
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("AMQP_URI", broker)

    if well:
        assert settings().database_url == database
        return
    with pytest.raises(Unusable, match="one that everybody tries first"):
        settings()


def test_a_part_without_settings_says_what_is_missing_and_quotes_no_address(
    tmp_path: Path,
) -> None:
    environment = {"PATH": os.defpath, "DATABASE_URL": "postgresql://us:hunter2@d/x"}
    command = [sys.executable, "-m", "doorstep", "--home", str(tmp_path), "run", "worker"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, cwd=ROOT
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "doorstep: worker does not start: AMQP_URI is not set\n"


BANK = {
    "DOORSTEP_BANK_NAME": "海港银行",
    "DOORSTEP_BANK_HOTLINE": "400-000-0001",
    "DOORSTEP_BANK_COMPLAINTS": "海港市一路 2 号",
}


def test_a_desk_has_a_bank_that_there_is_not(environment: None) -> None:
    found = settings()

    assert (found.bank_name, found.bank_name_en) == ("示范银行", "Demo Bank")
    assert (found.bank_name_zh_tw, found.bank_hotline) == ("示範銀行", "400-000-0000")
    assert "示范银行" in found.bank_complaints
    assert "示範銀行" in found.bank_complaints_zh_tw
    assert "Demo Bank" in found.bank_complaints_en


@pytest.mark.parametrize("what", ["name", "complaints"])
def test_what_a_bank_says_of_itself_is_not_said_otherwise_elsewhere(
    environment: None, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setenv(f"DOORSTEP_BANK_{what.upper()}", "海港")

    found = settings().model_dump(
        include={f"bank_{what}{e}" for e in ("", "_en", "_zh_tw")}
    )

    assert found == {
        f"bank_{what}": "海港",
        f"bank_{what}_en": "",
        f"bank_{what}_zh_tw": "",
    }


@pytest.mark.parametrize("missing", BANK)
def test_production_has_a_bank_with_a_name_a_telephone_and_an_address(
    environment: None, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    production(monkeypatch)
    monkeypatch.setenv(missing, "")

    with pytest.raises(Unusable, match=f"^{missing} is not set; whoever looks up who"):
        settings()


@pytest.mark.parametrize("hotline", ["javascript:alert(1)", "call us", "+", "1" * 31])
def test_a_telephone_is_one(
    environment: None, monkeypatch: pytest.MonkeyPatch, hotline: str
) -> None:
    monkeypatch.setenv("DOORSTEP_BANK_HOTLINE", hotline)

    with pytest.raises(Unusable, match="DOORSTEP_BANK_HOTLINE"):
        settings()


def production(monkeypatch: pytest.MonkeyPatch) -> None:
    """A production that says all it must."""
    monkeypatch.setenv("DOORSTEP_ENVIRONMENT", "production")
    monkeypatch.setenv("DATABASE_URL", "postgresql://us:a-true-one@d/x")
    monkeypatch.setenv("AMQP_URI", "amqp://us:another@b")
    for name, value in BANK.items():
        monkeypatch.setenv(name, value)
