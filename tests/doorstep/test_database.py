"""The private database, through what may befall it."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from doorstep.embedded import wipe
from doorstep.home import Home
from doorstep.private import Database
from doorstep.process import wait_until


@pytest.fixture
def database(home: Home) -> Database:
    return Database(home.root)


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        answer = connection.execute(question.encode())
        row = answer.fetchone() if answer.description else None
    return row and row[0]


def kill(database: Database) -> None:
    process = database.process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    assert wait_until(lambda: not process.alive, 60)


def test_it_listens_on_loopback_alone_and_survives_a_kill(database: Database) -> None:
    url = database.start()
    assert database.start() == url
    assert ask(url, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(url, "SHOW fsync") == "on"
    assert ask(url, "CREATE TABLE kept (number int)") is None
    assert ask(url, "INSERT INTO kept VALUES (7) RETURNING number") == 7
    kill(database)
    assert database.start() == url
    assert ask(url, "SELECT number FROM kept") == 7
    assert (database.stop(), database.stop()) == (True, False)


def test_a_wrong_password_is_refused(database: Database) -> None:
    url = database.start().replace("doorstep:", "doorstep:x")
    with pytest.raises(psycopg.OperationalError, match="password authentication"):
        psycopg.connect(url)


def test_a_cluster_half_made_is_made_anew(database: Database) -> None:
    draft = database.place / "data.new"
    (draft / "base").mkdir(parents=True)
    (draft / "PG_VERSION").write_text("15")
    assert ask(database.start(), "SELECT 1") == 1
    assert not draft.exists()


def test_a_lock_left_by_a_kill_whose_pid_is_anothers_now_is_cleared(
    database: Database,
) -> None:
    database.start()
    lock = database.data / "postmaster.pid"
    text = lock.read_text()
    kill(database)
    lock.write_text(text.replace(text.split("\n")[0], str(os.getpid()), 1))
    assert ask(database.start(), "SELECT 1") == 1


def test_a_lost_pid_file_leads_to_no_second_server(database: Database) -> None:
    database.start()
    first = database.process
    database.home.pid_file("database").unlink()
    assert ask(database.start(), "SELECT 1") == 1
    assert first is not None
    assert not first.alive


def test_two_clones_have_each_their_own(home: Home, database: Database) -> None:
    clone = Home(home.root.parent / "clone" / "var")
    other = Database(clone.root)
    try:
        addresses = {url.rpartition("@")[2] for url in (database.start(), other.start())}
        assert len(addresses) == 2
        assert other.place != database.place
    finally:
        wipe(clone)


def test_wiped_data_is_gone_wherever_it_lay(database: Database) -> None:
    database.start()
    where = database.place
    wipe(database.home)
    assert not where.exists()


def test_another_account_keeps_out(database: Database) -> None:
    database.start()
    assert Path(database.place).stat().st_mode & 0o777 == 0o700
    assert (database.place / "password").stat().st_mode & 0o777 == 0o600
