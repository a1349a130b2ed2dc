"""A hold that an authority put on a case, and a shredding at the same moment."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import text

from chassis import legal_hold
from chassis.errors import Conflict
from chassis.keyring import Keyring
from chassis.legal_hold import Held
from chassis.shredding import Reason, shred
from proto import ids
from tests.chassis.conftest import Emptied


def put(connection, case, hold=None):
    reference = Keyring(connection).seal(case, "case.legal_hold", "(2026) 沪01执1号")
    hold = hold or ids.new()
    legal_hold.put(connection, hold, case, "court", reference, "compliance:test")
    return hold


def test_nothing_is_shredded_while_it_stands(emptied: Emptied) -> None:
    case = ids.new()
    with emptied.its.begin() as connection:
        sealed = Keyring(connection).seal(case, "case.debtor", "陈建国")
        hold = put(connection, case)

    with pytest.raises(Held) as refused, emptied.its.begin() as connection:
        shred(connection, case, "desk:test", Reason.ASKED)
    assert refused.value.values["by"] == "compliance:test"
    assert refused.value.values["reason"] == "court"
    assert emptied.ring().open(sealed, case, "case.debtor") == "陈建国"

    with emptied.its.begin() as connection:
        legal_hold.lift(connection, hold, "order_ended", "compliance:other")
        assert shred(connection, case, "desk:test", Reason.ASKED)


def test_of_two_holds_one_is_enough(emptied: Emptied) -> None:
    case = ids.new()
    with emptied.its.begin() as connection:
        first = put(connection, case)
        put(connection, case)
        legal_hold.lift(connection, first, "order_ended", "t")
        with pytest.raises(Held):
            shred(connection, case, "desk:test", Reason.ASKED)


def test_who_put_it_and_who_lifted_it_stays(emptied: Emptied) -> None:
    case = ids.new()
    with emptied.its.begin() as connection:
        hold = put(connection, case)
        legal_hold.lift(connection, hold, "order_ended", "compliance:one")
        legal_hold.lift(connection, hold, "put_by_mistake", "compliance:two")
        shred(connection, case, "desk:test", Reason.ASKED)

        (row,) = legal_hold.of(connection, case)
    assert (row.put_by, row.lifted_by, row.lifted_why) == (
        "compliance:test",
        "compliance:one",
        "order_ended",
    )


def test_a_hold_on_what_is_shredded_is_too_late(emptied: Emptied) -> None:
    case, ring = ids.new(), emptied.ring()
    sealed = ring.seal(case, "case.legal_hold", "x")
    shred(ring.connection, case, "desk:test", Reason.ASKED)

    with pytest.raises(Conflict, match="key-shredded"):
        legal_hold.put(ring.connection, ids.new(), case, "court", sealed, "t")


def beside(emptied: Emptied, act: Callable[..., object]) -> tuple[threading.Thread, list]:
    """Do something on another connection; what it raised, or None, is found in the list."""
    came: list[Exception | None] = []

    def go() -> None:
        try:
            with emptied.its.begin() as connection:
                act(connection)
        except Exception as error:
            came.append(error)
        else:
            came.append(None)

    thread = threading.Thread(target=go)
    thread.start()
    return thread, came


def wait_until_somebody_waits(connection) -> None:
    """Until another transaction waits for the lock that this one has."""
    waits = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    )
    for _ in range(6_000):
        if connection.scalar(waits):
            return
        threading.Event().wait(0.01)
    raise AssertionError("nobody waits")


def test_a_shredding_waits_for_a_hold_that_is_being_put(emptied: Emptied) -> None:
    case = ids.new()
    with emptied.its.begin() as connection:
        Keyring(connection).make([case])
    with emptied.its.begin() as connection:
        put(connection, case)
        thread, came = beside(
            emptied, lambda other: shred(other, case, "desk:test", Reason.ASKED)
        )
        wait_until_somebody_waits(connection)
        assert came == []
    thread.join()

    assert [type(each) for each in came] == [Held]


def test_a_hold_waits_for_a_shredding_and_comes_too_late(emptied: Emptied) -> None:
    case = ids.new()
    with emptied.its.begin() as connection:
        Keyring(connection).make([case])
    with emptied.its.begin() as connection:
        shred(connection, case, "desk:test", Reason.ASKED)
        thread, came = beside(emptied, lambda other: put(other, case))
        wait_until_somebody_waits(connection)
        assert came == []
    thread.join()

    assert [str(each) for each in came] == ["key-shredded"]
    with emptied.its.begin() as connection:
        assert legal_hold.of(connection, case) == []


def test_a_shredding_that_is_given_up_leaves_the_hold_its_case(emptied: Emptied) -> None:
    case = ids.new()
    with emptied.its.begin() as connection:
        Keyring(connection).make([case])
    with suppress(ZeroDivisionError), emptied.its.begin() as connection:
        shred(connection, case, "desk:test", Reason.ASKED)
        thread, came = beside(emptied, lambda other: put(other, case))
        wait_until_somebody_waits(connection)
        raise ZeroDivisionError
    thread.join()

    assert came == [None]
    with emptied.its.begin() as connection:
        assert len(legal_hold.standing(connection, case)) == 1


def test_of_many_at_once_no_case_is_both_held_and_shredded(emptied: Emptied) -> None:
    cases = [ids.new() for _ in range(50)]
    with emptied.its.begin() as connection:
        Keyring(connection).make(cases)
    ready = threading.Barrier(2)

    def hold_each() -> None:
        for case in cases:
            ready.wait(timeout=60)
            with suppress(Conflict), emptied.its.begin() as connection:
                put(connection, case)

    holding = threading.Thread(target=hold_each)
    holding.start()
    for case in cases:
        ready.wait(timeout=60)
        with suppress(Held), emptied.its.begin() as connection:
            shred(connection, case, "desk:test", Reason.ASKED)
    holding.join()

    with emptied.its.begin() as connection:
        for case in cases:
            held = bool(legal_hold.standing(connection, case))
            gone = Keyring(connection).key(case) is None
            assert held is not gone
