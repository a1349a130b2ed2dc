"""Timestamps over heads, from an authority as it should be, and from others."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

from chassis import outward, tables
from chassis.database import engine
from chassis.settings import Unusable, settings
from proto.given import GiveHeads
from services.field_visit import handlers, store
from services.field_visit.jobs import timestamps
from services.field_visit.model import timestamp_table
from tests.evidence.answering import OTHER_MOMENT, with_words
from tests.services import giving, stamping
from tests.services.giving import head


class Stamping:
    """A bank that has its heads stamped by an authority."""

    def __init__(self, its, watch, monkeypatch, folder: Path) -> None:
        self.its, self.watch, self.patch, self.folder = its, watch, monkeypatch, folder
        self.authority = stamping.Authority(folder / "authority")
        self.patch.setenv("DOORSTEP_TSA_CA", str(self.authority.ca))

    def at(self, address: str, **more: str) -> None:
        self.patch.setenv("DOORSTEP_TSA_URL", address)
        for name, value in more.items():
            self.patch.setenv(f"DOORSTEP_{name.upper()}", value)
        settings.cache_clear()

    def stamps(self) -> bytes | None:
        return timestamps.stamp(self.its, head())

    def row(self):
        with self.its.connect() as connection:
            return connection.execute(select(timestamp_table)).one()


@pytest.fixture
def bank(environment: None, database_url: str, watch, monkeypatch, tmp_path):
    its = engine(database_url, "field_visit", pool=0)
    with its.begin() as connection:
        connection.execute(text("DELETE FROM timestamp"))
    yield Stamping(its, watch, monkeypatch, tmp_path)
    with its.begin() as connection:
        connection.execute(text("DELETE FROM timestamp"))


def test_without_an_authority_nothing_is_asked(bank: Stamping) -> None:
    assert bank.stamps() is None
    with bank.its.connect() as connection:
        assert list(connection.execute(select(timestamp_table))) == []


@pytest.mark.parametrize("suite", ["international", "sm"])
def test_a_token_is_checked_and_kept_and_says_what_it_is_over(bank, suite) -> None:
    with stamping.behind_http(bank.authority.stamps) as address:
        bank.at(address, seal_suite=suite)
        token = bank.stamps()

    row = bank.row()
    assert (row.why, row.next_at, row.tries) == (None, None, 1)
    assert abs((row.stamped_at.timestamp()) - time.time()) < 120
    assert row.good_until == bank.authority.good_until
    with bank.its.connect() as connection:
        assert token == store.token_of(connection, head())
    (bank.folder / "text").write_text(head())
    (bank.folder / "token.tsr").write_bytes(token)
    words = ["-data", "text", "-in", "token.tsr", "-CAfile", bank.authority.ca]
    done = subprocess.run(
        ["openssl", "ts", "-verify", *map(str, words)], cwd=bank.folder, check=False
    )
    assert done.returncode == 0


def test_the_moment_is_what_was_signed_and_not_what_stands_beside_it(bank) -> None:
    def forges(query: bytes) -> bytes:
        return with_words(bank.authority.stamps(query), OTHER_MOMENT, bank.folder)

    with stamping.behind_http(forges) as address:
        bank.at(address)
        assert bank.stamps() is not None

    assert abs(bank.row().stamped_at.timestamp() - time.time()) < 120


def test_what_is_stamped_is_not_asked_about_again(bank: Stamping) -> None:
    with stamping.behind_http(bank.authority.stamps) as address:
        bank.at(address)
        first = bank.stamps()
    assert bank.stamps() == first
    assert bank.row().tries == 1


def nonce(bank: Stamping) -> Callable[[bytes], bytes]:
    file = bank.folder / "text"
    file.write_text(head())
    return lambda _: bank.authority.stamps_another("-data", str(file), "-sha256")


def no_nonce(bank: Stamping) -> Callable[[bytes], bytes]:
    file = bank.folder / "text"
    file.write_text(head())
    words = ("-data", str(file), "-sha256", "-no_nonce")
    return lambda _: bank.authority.stamps_another(*words)


def digest(bank: Stamping) -> Callable[[bytes], bytes]:
    return lambda _: bank.authority.stamps_another("-digest", "ab" * 32, "-sha256")


def expired(bank: Stamping) -> Callable[[bytes], bytes]:
    old = stamping.Authority(bank.folder / "old", good_days=-1)
    bank.patch.setenv("DOORSTEP_TSA_CA", str(old.ca))
    return old.stamps


def unknown(bank: Stamping) -> Callable[[bytes], bytes]:
    return stamping.Authority(bank.folder / "other").stamps


def garbage(_: Stamping) -> Callable[[bytes], bytes]:
    return lambda _: b"\x30\x82\x01garbage"


def half(bank: Stamping) -> Callable[[bytes], bytes]:
    return lambda query: bank.authority.stamps(query)[:-100]


@pytest.mark.parametrize(
    "fault", [nonce, no_nonce, digest, expired, unknown, garbage, half]
)
def test_what_is_no_token_over_this_is_not_kept(bank: Stamping, fault) -> None:
    with stamping.behind_http(fault(bank)) as address:
        bank.at(address)
        assert bank.stamps() is None
    assert (bank.row().why, bank.row().token) == ("not-verified", None)

    with stamping.behind_http(bank.authority.stamps) as address:
        bank.at(address, tsa_ca=str(bank.authority.ca))
        timestamps.stamp_due(bank.its, lambda: None)
        assert bank.row().token is None, "it is not asked before its time"
        bank.watch.goes(minutes=1)
        timestamps.stamp_due(bank.its, lambda: None)
    assert bank.row().token is not None


def test_an_authority_that_is_down_or_fails_is_asked_again(bank: Stamping) -> None:
    bank.at(f"http://127.0.0.1:{giving.free_port()}")
    assert bank.stamps() is None
    assert bank.row().why == "does-not-answer"

    bank.watch.goes(hours=1)
    with giving.answering(giving.status(500)) as address:
        bank.at(address)
        timestamps.stamp_due(bank.its, lambda: None)
    assert bank.row().why == "status-500"


def test_a_slow_authority_keeps_nobody_waiting(bank: Stamping, monkeypatch) -> None:
    monkeypatch.setattr(outward, "SILENT_S", 0.3)
    monkeypatch.setattr(outward, "WHOLE_S", 1.0)

    def late(_: bytes) -> bytes:
        time.sleep(2)
        return b""

    with stamping.behind_http(late) as address:
        bank.at(address)
        began = time.monotonic()
        assert bank.stamps() is None
        assert time.monotonic() - began < 2
    assert bank.row().why == "Unsure"


def test_an_authority_that_nobody_checks_is_refused(bank, monkeypatch) -> None:
    monkeypatch.delenv("DOORSTEP_TSA_CA")
    monkeypatch.setenv("DOORSTEP_TSA_URL", "http://tsa.test/")
    settings.cache_clear()

    with pytest.raises(Unusable, match="DOORSTEP_TSA_CA is not"):
        settings()


def test_each_minute_a_worker_is_asked_if_anything_waits(bank, unit) -> None:
    its = unit("field_visit")
    handlers.give_heads(GiveHeads(), its)
    assert its.rows == {}

    bank.at("http://tsa.test/")
    timestamps.want(its.connection, head())
    handlers.give_heads(GiveHeads(), its)
    assert [each["kind"] for each in its.rows[tables.job]] == ["give_heads"]

    bank.at("")
    its = unit("field_visit")
    handlers.give_heads(GiveHeads(), its)
    assert its.rows == {}
