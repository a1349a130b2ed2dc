"""Tree heads are given away: to each place once, whatever the place does."""

import ssl
import time
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult
from sqlalchemy import Engine, select, text

from chassis import outward
from chassis.database import engine
from chassis.settings import Settings, settings
from services.field_visit.jobs import publishing
from services.field_visit.jobs.publishing import Outcome
from services.field_visit.model import Sent, head_sent_table
from tests.services import giving
from tests.services.conftest import Watch
from tests.services.giving import SIGNATURE, head

NAME = "demo-20260302T040000Z-7.json"


class Giving:
    """A bank that gives its heads to the places it names."""

    def __init__(self, its: Engine, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
        self.its, self.watch, self.patch = its, watch, monkeypatch

    def to(self, *places: str, **more: str) -> None:
        self.patch.setenv("DOORSTEP_HEADS_TO", ",".join(places))
        for name, value in more.items():
            self.patch.setenv(f"DOORSTEP_{name.upper()}", value)
        settings.cache_clear()

    def gives(self, said: str = head()) -> list[tuple[Sent, str | None]]:
        return told(publishing.publish(self.its, said, SIGNATURE))

    def tries_again(self, **later: float) -> list[tuple[Sent, str | None]]:
        self.watch.goes(**later or {"hours": 1})
        return told(publishing.give_due(self.its, lambda: None))

    def states(self) -> list[str]:
        table = head_sent_table.c
        with self.its.connect() as connection:
            return list(connection.scalars(select(table.state).order_by(table.place)))


def told(outcomes: tuple[Outcome, ...]) -> list[tuple[Sent, str | None]]:
    return [(each.state, each.why) for each in outcomes]


@pytest.fixture
def bank(environment: None, database_url: str, watch: Watch, monkeypatch):
    its = engine(database_url, "field_visit", pool=0)
    with its.begin() as connection:
        connection.execute(text("DELETE FROM head_sent"))
    yield Giving(its, watch, monkeypatch)
    with its.begin() as connection:
        connection.execute(text("DELETE FROM head_sent"))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outward, "SILENT_S", 0.5)
    monkeypatch.setattr(outward, "WHOLE_S", 1.0)


@pytest.fixture
def secret(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text("not-the-usual\n")
    return str(file)


def test_without_a_place_a_head_stays_inside(bank: Giving) -> None:
    assert (bank.gives(), bank.states()) == ([], [])


def test_a_folder_has_it_whole_and_once(bank: Giving, tmp_path: Path) -> None:
    bank.to(f"file:{tmp_path}")

    assert bank.gives() == [(Sent.SENT, None)]
    assert bank.gives() == []

    assert giving.is_kept(tmp_path / NAME, head())
    assert [each.name for each in tmp_path.iterdir()] == [NAME]


def test_a_folder_that_is_not_there_is_not_made(bank: Giving, tmp_path: Path) -> None:
    away = tmp_path / "mounted"
    bank.to(f"file:{away}")
    assert bank.gives() == [(Sent.WAITING, "FileNotFoundError")]
    assert not away.exists()

    away.mkdir()
    assert bank.tries_again(seconds=59) == []
    assert bank.tries_again(seconds=1) == [(Sent.SENT, None)]


def test_a_head_is_not_laid_over_another_one(bank: Giving, tmp_path: Path) -> None:
    bank.to(f"file:{tmp_path}")
    bank.gives(head(root="b" * 64))

    assert bank.gives() == [(Sent.OTHERWISE, "another-head-there")]

    assert giving.is_kept(tmp_path / NAME, head(root="b" * 64))
    assert bank.tries_again() == []


def test_what_a_killed_worker_left_of_it_is_no_head(bank: Giving, tmp_path: Path) -> None:
    (tmp_path / f".{NAME}.partial").write_bytes(b'{"head":"')
    bank.to(f"file:{tmp_path}")

    assert bank.gives() == [(Sent.SENT, None)]
    assert [each.name for each in tmp_path.iterdir()] == [NAME]


def test_an_archive_has_it_once_and_never_over_another(
    bank: Giving, tmp_path: Path, secret: str
) -> None:
    with giving.archive(tmp_path) as address:
        bank.to(address, heads_password_file=secret)
        assert bank.gives() == [(Sent.SENT, None)]
        assert giving.is_kept(tmp_path / NAME, head())
        assert bank.gives(head(root="b" * 64)) == [(Sent.OTHERWISE, "another-head-there")]
    assert giving.is_kept(tmp_path / NAME, head())


def test_what_an_archive_has_already_counts(bank: Giving, tmp_path, secret) -> None:
    """The connection broke after the head was kept: it is found there."""
    (tmp_path / NAME).write_bytes(publishing.Gift(head(), "another signature").content)
    with giving.archive(tmp_path) as address:
        bank.to(address, heads_password_file=secret)
        assert bank.gives() == [(Sent.SENT, None)]


def test_an_archive_by_tls_has_to_be_who_it_says(
    bank: Giving, tmp_path: Path, secret: str
) -> None:
    pem, tls = giving.certificate(tmp_path)
    kept = tmp_path / "kept"
    kept.mkdir()
    with giving.archive(kept, tls) as address:
        bank.to(address, heads_password_file=secret)
        assert bank.gives() == [(Sent.WAITING, "SSLCertVerificationError")]
        bank.patch.setenv("SSL_CERT_FILE", str(pem))
        assert bank.tries_again() == [(Sent.SENT, None)]


def test_without_its_password_an_archive_takes_nothing(bank: Giving, tmp_path) -> None:
    with giving.archive(tmp_path) as address:
        bank.to(address)
        assert bank.gives() == [(Sent.WAITING, "status-401")]


@pytest.mark.parametrize(
    ("code", "why"), [(500, "status-500"), (302, "status-302"), (200, None)]
)
def test_an_archive_that_misbehaves_is_asked_again(bank: Giving, code, why) -> None:
    """It fails, sends elsewhere (nobody follows), or has something else."""
    with giving.answering(giving.status(code, Location="http://127.0.0.1:1/")) as address:
        bank.to(address)
        state, said = bank.gives()[0]
    assert (state, said) == (
        (Sent.WAITING, why) if why else (Sent.OTHERWISE, "another-head-there")
    )


def test_an_archive_that_keeps_nothing_does_not_have_it(bank: Giving) -> None:
    def answer(handler) -> None:
        giving.status(201 if handler.command == "PUT" else 404)(handler)

    with giving.answering(answer) as address:
        bank.to(address)
        assert bank.gives() == [(Sent.WAITING, "not-kept")]


def test_half_an_answer_leaves_it_unknown(bank: Giving) -> None:
    def half(handler) -> None:
        if handler.command == "GET":
            return giving.status(404)(handler)
        handler.wfile.write(b"HTTP/1.1 20")
        return None

    with giving.answering(half) as address:
        bank.to(address)
        assert bank.gives() == [(Sent.UNKNOWN, "BadStatusLine")]


def test_an_archive_that_says_a_byte_now_and_then_is_left(bank: Giving, hasty) -> None:
    def drip(handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            handler.wfile.write(b"X-More: 1\r\n")
            time.sleep(0.1)

    with giving.answering(drip) as address:
        bank.to(address)
        began = time.monotonic()
        (state, _), *_ = bank.gives()
    assert state is Sent.UNKNOWN
    assert time.monotonic() - began < 8


def test_one_that_is_down_keeps_nothing_from_the_others(
    bank: Giving, tmp_path: Path
) -> None:
    down = f"http://127.0.0.1:{giving.free_port()}/"
    bank.to(down, f"file:{tmp_path}")
    assert sorted(bank.gives()) == [(Sent.SENT, None), (Sent.WAITING, "does-not-answer")]

    assert bank.tries_again() == [(Sent.WAITING, "does-not-answer")]
    assert bank.states() == ["sent", "waiting"]


def test_a_place_that_is_named_no_more_is_left_alone(bank: Giving, tmp_path) -> None:
    bank.to(f"http://127.0.0.1:{giving.free_port()}/")
    bank.gives()
    bank.to(f"file:{tmp_path}")

    assert bank.tries_again() == [(Sent.WITHDRAWN, None)]
    assert bank.tries_again() == []


def test_who_was_killed_in_the_act_has_another_go_on(bank: Giving, tmp_path) -> None:
    bank.to(f"file:{tmp_path}")
    with bank.its.begin() as connection:
        (row,) = publishing.want(connection, head(), SIGNATURE)
    publishing.take_in_hand(bank.its, row)

    assert (bank.states(), bank.gives()) == (["unknown"], [])
    assert bank.tries_again(minutes=5) == [(Sent.SENT, None)]


def test_a_mailbox_has_it(bank: Giving) -> None:
    mailbox = giving.Mailbox()
    with giving.mail_server(mailbox) as port:
        bank.to(f"smtp://127.0.0.1:{port}/?to=log@bank.test&from=doorstep@bank.test")
        assert bank.gives() == [(Sent.SENT, None)]
        assert bank.gives() == []

    (mail,) = map(message_from_bytes, mailbox.got)
    assert (mail["To"], mail["Subject"], mail.get_filename()) == (
        "log@bank.test",
        NAME,
        NAME,
    )
    sent = mail.get_payload(decode=True)
    assert sent == publishing.Gift(head(), SIGNATURE).content


def test_a_mail_that_may_have_arrived_comes_again_under_its_name(bank: Giving) -> None:
    mailbox = giving.Mailbox()
    mailbox.says = lambda: "250 break"
    with giving.mail_server(mailbox) as port:
        bank.to(f"smtp://127.0.0.1:{port}/?to=log@bank.test&from=doorstep@bank.test")
        assert bank.gives() == [(Sent.UNKNOWN, "SMTPServerDisconnected")]
        mailbox.says = lambda: "250 OK"
        assert bank.tries_again() == [(Sent.SENT, None)]

    first, second = map(message_from_bytes, mailbox.got)
    assert first["Message-ID"] == second["Message-ID"]
    assert mailbox.got[0] == mailbox.got[1]


def test_a_mailbox_that_is_full_does_not_have_it(bank: Giving) -> None:
    mailbox = giving.Mailbox()
    mailbox.says = lambda: "452 full"
    with giving.mail_server(mailbox) as port:
        bank.to(f"smtp://127.0.0.1:{port}/?to=log@bank.test&from=doorstep@bank.test")
        assert bank.gives() == [(Sent.WAITING, "status-452")]


def test_a_password_goes_over_tls_or_not_at_all(bank: Giving, secret, tmp_path) -> None:
    mailbox, seen = giving.Mailbox(), []
    pem, tls = giving.certificate(tmp_path)

    def login(server, session, envelope, mechanism, data):
        seen.append((data.login, data.password))
        return AuthResult(success=True)

    where = "?to=log@bank.test&from=doorstep@bank.test"
    with giving.mail_server(mailbox) as port:
        bank.to(f"smtp://doorstep@localhost:{port}/{where}", heads_password_file=secret)
        assert bank.gives() == [(Sent.WAITING, "not-in-the-clear")]
    bank.patch.setenv("SSL_CERT_FILE", str(pem))
    how = {"tls_context": tls, "authenticator": login, "require_starttls": True}
    with giving.mail_server(mailbox, **how) as port:
        bank.to(f"smtp://doorstep@localhost:{port}/{where}", heads_password_file=secret)
        assert bank.gives() == [(Sent.SENT, None)]
    with giving.mail_server(mailbox, ssl_context=tls) as port:
        bank.to(f"smtps://localhost:{port}/{where}")
        assert bank.gives() == [(Sent.SENT, None)]

    assert seen == [(b"doorstep", b"not-the-usual")]


def test_only_what_is_listed_is_spoken_with(bank: Giving, tmp_path, secret) -> None:
    with giving.archive(tmp_path) as address:
        bank.to(address, heads_password_file=secret, heads_networks="10.0.0.0/8")
        assert bank.gives() == [(Sent.WAITING, "address-not-allowed")]
        bank.to(address, heads_networks="127.0.0.0/8, ::1/128")
        assert bank.tries_again() == [(Sent.SENT, None)]


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("169.254.169.254", False),
        ("fe80::1%eth0", False),
        ("::ffff:169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("10.1.2.3", True),
        ("8.8.8.8", True),
    ],
)
def test_a_machines_own_services_are_no_place(bank, address, is_allowed) -> None:
    assert outward.is_allowed(address) is is_allowed


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("ftp://archive/", "begins with none of"),
        ("https://doorstep:hunter2@archive/", "brings a password"),
        ("smtp://mail/?to=log@bank", "names no mailbox"),
        ("file:folder", "names no folder"),
        ("https:///path", "names no host"),
    ],
)
def test_a_place_that_cannot_be_is_refused_at_start_and_not_quoted(
    bank, monkeypatch, place, says
) -> None:
    monkeypatch.setenv("DOORSTEP_HEADS_TO", f"file:/tmp,{place}")

    with pytest.raises(ValueError, match=f"place 2 of the list {says}") as refused:
        Settings()

    assert "hunter2" not in str(refused.value)


def test_the_context_of_tls_is_a_strict_one() -> None:
    context = ssl.create_default_context()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
