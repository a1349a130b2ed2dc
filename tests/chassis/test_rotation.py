"""A new master key, while others read and write, and when it is killed half-way."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, func, insert, select, update

from chassis import masters, rotation
from chassis.errors import Unavailable
from chassis.keyring import INDEX, Keyring
from chassis.keyring_tables import key_table, master_table
from chassis.rotation import AtWork, Rotated, alone, rotate
from chassis.settings import settings
from chassis.shredding import Reason, shred
from chassis.wrapping import current, wrap
from proto import ids
from proto.base import Sealed
from tests.chassis.conftest import Emptied

PURPOSE, NAME = "person.name", "陈建国"
#: Few keys a batch, so that there are many moments to be killed in.
SLOWLY = "import sys; from chassis.rotation import rotate; rotate(sys.argv[1], batch=5)"


@pytest.fixture
def sealed(emptied: Emptied) -> list[Sealed]:
    """Fields of many cases, committed."""
    cases = [ids.new() for _ in range(1000)]
    with emptied.its.begin() as connection:
        ring = Keyring(connection)
        ring.make([*cases, INDEX])
        return [ring.seal(case, PURPOSE, NAME) for case in cases]


def opened(emptied: Emptied, fields: list[Sealed]) -> set[str]:
    with emptied.its.connect() as connection:
        ring = Keyring(connection)
        ring.load([each.key_id for each in fields])
        return {ring.open(each, each.key_id, PURPOSE) for each in fields}


def by_master(emptied: Emptied) -> dict[str | None, int]:
    query = select(key_table.c.master, func.count()).group_by(key_table.c.master)
    with emptied.its.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def files() -> set[str]:
    return {path.name for path in settings().keys.iterdir()}


def test_every_key_is_wrapped_anew_and_the_old_file_is_gone(
    emptied: Emptied, sealed: list[Sealed]
) -> None:
    (old,) = by_master(emptied)

    done = rotate(emptied.url)

    assert (done.rewrapped, done.removed, done.resumed) == (1001, (old,), False)
    assert by_master(emptied) == {done.master: 1001}
    assert files() == {f"master-{done.master}.key"}
    assert masters.files()[done.master].stat().st_mode & 0o777 == 0o600
    assert opened(emptied, sealed) == {NAME}


def test_what_is_looked_up_is_found_after_a_rotation(emptied: Emptied) -> None:
    before = emptied.ring()
    made = (before.blind("case.name", NAME), before.fingerprint(NAME))
    before.connection.commit()

    rotate(emptied.url)
    rotate(emptied.url)

    after = emptied.ring()
    assert (after.blind("case.name", NAME), after.fingerprint(NAME)) == made


def test_who_had_the_old_master_key_opens_what_was_wrapped_before_only(
    emptied: Emptied, sealed: list[Sealed]
) -> None:
    """And so what was shredded before a rotation stays shut in an older backup too."""
    gone = sealed[0].key_id
    row = select(key_table).where(key_table.c.key_id == gone)
    with emptied.its.begin() as connection:
        backup = connection.execute(row).one()
        shred(connection, gone, "desk:test", Reason.ASKED)

    rotate(emptied.url)
    masters.seen.cache_clear()

    with emptied.its.connect() as connection:
        connection.execute(insert(master_table).values(id=backup.master))
        put_back = {"wrapped": backup.wrapped, "master": backup.master}
        table = update(key_table).where(key_table.c.key_id == gone)
        connection.execute(table.values(put_back))
        with pytest.raises(Unavailable, match="master-key-does-not-fit"):
            Keyring(connection).open(sealed[0], gone, PURPOSE)


def test_keys_that_name_no_master_key_are_wrapped_by_the_first_file(
    emptied: Emptied, sealed: list[Sealed]
) -> None:
    """As they were before there could be two."""
    with emptied.its.begin() as connection:
        connection.execute(update(key_table).values(master=None))
        connection.execute(delete(master_table))
    assert opened(emptied, sealed) == {NAME}

    done = rotate(emptied.url)

    assert by_master(emptied) == {done.master: 1001}
    assert opened(emptied, sealed) == {NAME}


def test_a_shredded_key_stays_shredded(emptied: Emptied, sealed: list[Sealed]) -> None:
    with emptied.its.begin() as connection:
        shred(connection, sealed[0].key_id, "desk:test", Reason.ASKED)

    done = rotate(emptied.url)

    assert by_master(emptied) == {done.master: 1000, None: 1}
    with pytest.raises(Unavailable, match="sealed-field-lost"):
        opened(emptied, sealed[:1])


def test_two_rotations_do_not_run_at_once(emptied: Emptied) -> None:
    with alone(emptied.its), pytest.raises(AtWork):
        rotate(emptied.url)


def test_killed_half_way_it_goes_on_where_it_stopped(
    emptied: Emptied, sealed: list[Sealed]
) -> None:
    (old,) = by_master(emptied)
    killed_half_way(emptied, old)
    counts = by_master(emptied)
    (new,) = counts.keys() - {old}
    assert counts[old] > 0 < counts[new]
    assert opened(emptied, sealed) == {NAME}

    done = again(emptied)

    assert (done.master, done.resumed, done.removed) == (new, True, (old,))
    assert done.rewrapped == counts[old]
    assert by_master(emptied) == {new: 1001}
    assert files() == {f"master-{new}.key"}
    assert opened(emptied, sealed) == {NAME}


def killed_half_way(emptied: Emptied, old: str) -> None:
    """Rotate in another process, and kill -9 it once it has begun to wrap."""
    command = [sys.executable, "-c", SLOWLY, emptied.url]
    with subprocess.Popen(command, env=os.environ.copy()) as process:
        until = time.monotonic() + 20
        while by_master(emptied).keys() == {old}:
            assert process.poll() is None
            assert time.monotonic() < until
        process.send_signal(signal.SIGKILL)


def again(emptied: Emptied) -> Rotated:
    """Run it again, once the database has noticed that the other one is dead."""
    until = time.monotonic() + 20
    while True:
        try:
            return rotate(emptied.url)
        except AtWork:
            assert time.monotonic() < until


@pytest.mark.parametrize("moment", ["after the file", "before the commit that retires"])
def test_killed_between_file_and_row_nothing_is_lost(
    emptied: Emptied, sealed: list[Sealed], moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    made, removed = masters.make, masters.remove
    with monkeypatch.context() as patched:
        if moment == "after the file":
            patched.setattr(masters, "make", lambda: die(made()))
        else:
            patched.setattr(masters, "remove", lambda old: die(removed(old)))
        with pytest.raises(Killed):
            rotate(emptied.url)

    assert opened(emptied, sealed) == {NAME}
    done = rotate(emptied.url)
    assert by_master(emptied) == {done.master: 1001}
    assert opened(emptied, sealed) == {NAME}


def test_readers_and_writers_go_on_during_three_rotations(
    emptied: Emptied, sealed: list[Sealed]
) -> None:
    written: list[Sealed] = []
    with busy(emptied, sealed, written):
        first = by_master(emptied)
        for _ in range(3):
            before = len(written)
            done = rotate(emptied.url, batch=50)
            until = time.monotonic() + 20
            while len(written) < before + 20 and time.monotonic() < until:
                time.sleep(0.01)

    assert len(written) >= 60
    assert done.master not in first
    assert set(by_master(emptied)) == {done.master}
    assert files() == {f"master-{done.master}.key"}
    assert opened(emptied, sealed + written) == {NAME}


@contextmanager
def busy(emptied: Emptied, known: list[Sealed], written: list[Sealed]) -> Iterator[None]:
    """Two who read, two who seal for new cases, until the end; their errors are ours."""
    over, errors = threading.Event(), list[BaseException]()

    def read(number: int) -> None:
        assert opened(emptied, [known[number % len(known)]]) == {NAME}

    def write(_: int) -> None:
        with emptied.its.begin() as connection:
            new = Keyring(connection).seal(UUID(int=ids.new().int), PURPOSE, NAME)
        written.append(new)

    def work(what) -> None:
        number = 0
        try:
            while not over.is_set():
                number += 1
                what(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=[what]) for what in (read, write) * 2]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert errors == []


def test_a_writer_that_began_under_the_old_key_is_waited_for(emptied: Emptied) -> None:
    """Between its being read and its use, the rotation does not remove it."""
    writer, case, key = emptied.ring(), ids.new(), AESGCM.generate_key(256)
    Keyring(writer.connection).make([ids.new()])
    writer.connection.commit()
    old, done = current(writer.connection), list[Rotated]()
    rotating = threading.Thread(target=lambda: done.append(rotate(emptied.url)))
    rotating.start()
    rotating.join(timeout=1.0)
    assert rotating.is_alive()

    row = {"key_id": case, "wrapped": wrap(old, case, key), "master": old}
    writer.connection.execute(insert(key_table).values(row))
    writer.connection.commit()
    rotating.join(timeout=20)

    assert [(each.rewrapped, each.removed) for each in done] == [(2, (old,))]
    assert emptied.ring().key(case) == key


def test_a_key_that_is_shredded_while_it_is_wrapped_anew_stays_shredded(
    emptied: Emptied, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = ids.new()
    with emptied.its.begin() as connection:
        sealed = Keyring(connection).seal(case, PURPOSE, NAME)

    def erase() -> None:
        with emptied.its.begin() as connection:
            shred(connection, case, "desk:test", Reason.ASKED)

    shredding = threading.Thread(target=erase)

    def wrap_meanwhile(*key: Any) -> bytes:
        shredding.start()
        shredding.join(timeout=0.5)  # it waits for us, or else has done it
        return wrap(*key)

    monkeypatch.setattr(rotation, "wrap", wrap_meanwhile)
    rotate(emptied.url)
    shredding.join()

    with pytest.raises(Unavailable, match="sealed-field-lost"):
        opened(emptied, [sealed])


def test_who_reads_a_row_just_before_its_master_key_goes_reads_it_again(
    emptied: Emptied, sealed: list[Sealed], monkeypatch: pytest.MonkeyPatch
) -> None:
    find, rotated = masters.find, list[Rotated]()

    def find_late(master_id: str) -> bytes:
        monkeypatch.setattr(masters, "find", find)
        rotated.append(rotate(emptied.url))
        masters.seen.cache_clear()  # as in a process that has not needed the old one
        return find(master_id)

    monkeypatch.setattr(masters, "find", find_late)

    assert opened(emptied, sealed[:1]) == {NAME}
    assert len(rotated) == 1
