"""A key that is erased, and what must not come after it."""

import threading
from contextlib import suppress

import pytest
from sqlalchemy import select

from chassis.database import engine
from chassis.errors import Conflict, Unavailable
from chassis.keyring import INDEX, Keyring
from chassis.keyring_tables import key_table, shredded_table
from chassis.shredding import Reason, shred
from chassis.unit import Unit
from proto import ids
from tests.chassis.conftest import Emptied


def test_what_was_sealed_is_lost_and_nothing_new_is_sealed(emptied: Emptied) -> None:
    case, before = ids.new(), emptied.ring()
    sealed = before.seal(case, "case.debtor", "陈建国")
    before.connection.commit()

    assert shred(before.connection, case, "desk:test", Reason.ASKED)
    before.connection.commit()

    after = emptied.ring()
    with pytest.raises(Unavailable, match="sealed-field-lost"):
        after.open(sealed, case, "case.debtor")
    with pytest.raises(Conflict, match="key-shredded"):
        after.seal(case, "case.debtor", "陈建国")
    after.make([case])
    assert case not in after.keys


def test_it_is_noted_who_did_it_and_why_and_once(emptied: Emptied) -> None:
    case, ring = ids.new(), emptied.ring()
    ring.make([case])

    first = shred(ring.connection, case, "desk:test", Reason.TERM_OVER)
    again = shred(ring.connection, case, "desk:other", Reason.MISTAKE)

    assert (first, again) == (True, False)
    notes = select(shredded_table.c.key_id, shredded_table.c.by, shredded_table.c.reason)
    assert list(ring.connection.execute(notes)) == [(case, "desk:test", "term-over")]
    rows = select(key_table.c.wrapped, key_table.c.master)
    rows = rows.where(key_table.c.key_id == case)
    assert list(ring.connection.execute(rows)) == [(None, None)]


def test_a_case_that_was_never_sealed_can_be_closed_for_good(emptied: Emptied) -> None:
    case, ring = ids.new(), emptied.ring()

    shred(ring.connection, case, "desk:test", Reason.ORDERED)

    with pytest.raises(Conflict, match="key-shredded"):
        ring.seal(case, "case.debtor", "陈建国")


def test_the_key_of_the_blind_indexes_is_not_shredded(emptied: Emptied) -> None:
    with pytest.raises(ValueError, match="index key"):
        shred(emptied.ring().connection, INDEX, "desk:test", Reason.MISTAKE)


def test_a_unit_that_comes_after_opens_nothing_an_earlier_one_had(emptied: Emptied) -> None:
    """Keys are held for one message; a process does not keep what it has opened."""
    case = ids.new()
    its = engine(emptied.url, "dispatch", pool=1)
    with its.begin() as connection:
        sealed = Unit(connection, "dispatch", "t", "t").keyring.seal(case, "p", "陈建国")
    with its.begin() as connection:
        assert Unit(connection, "dispatch", "t", "t").keyring.open(sealed, case, "p")

    with its.begin() as connection:
        shred(connection, case, "desk:test", Reason.ASKED)

    with its.begin() as connection, pytest.raises(Unavailable, match="sealed-field-lost"):
        Unit(connection, "dispatch", "t", "t").keyring.open(sealed, case, "p")
    its.dispose()


def test_of_a_first_seal_and_a_shredding_at_once_no_key_is_left(emptied: Emptied) -> None:
    cases = [ids.new() for _ in range(100)]
    with emptied.its.begin() as connection:
        Keyring(connection).index_key()
    ready = threading.Barrier(2)

    def seal_each() -> None:
        for case in cases:
            with emptied.its.begin() as connection:
                ready.wait(timeout=30)
                with suppress(Conflict):
                    Keyring(connection).seal(case, "case.debtor", "陈建国")

    sealing = threading.Thread(target=seal_each)
    sealing.start()
    for case in cases:
        with emptied.its.begin() as connection:
            ready.wait(timeout=30)
            shred(connection, case, "desk:test", Reason.ASKED)
    sealing.join()

    left = select(key_table.c.key_id).where(key_table.c.wrapped.is_not(None))
    with emptied.its.connect() as connection:
        assert set(connection.scalars(left)) & set(cases) == set()
        assert set(connection.scalars(select(shredded_table.c.key_id))) == set(cases)
