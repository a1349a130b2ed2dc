"""A visit goes by one table of moves: what is in it works, all else is refused."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import Conflict
from doorstep import diagram
from proto import ids
from proto.base import Sealed
from proto.facts import AtTheGate, Entered
from proto.field_visit import Cause, Ending, VisitState
from services.field_visit.model import MEANS, REFUSED, STEPS, Move, Noted, Visit
from tests.services.conftest import NOON

SEALED = Sealed(key_id=ids.new(), purpose="x", nonce="", box="")
EVERY = [(state, move) for state in VisitState for move in Move]
#: How the visit's own methods make each move.
MAKE: dict[Move, Any] = {
    Move.WAIT: lambda visit: visit.arrive(),
    Move.CLEAR: lambda visit: visit.clear(NOON),
    Move.SEND_AWAY: lambda visit: visit.send_away(NOON),
    Move.CUT_SHORT: lambda visit: visit.cut_short(Cause.ILL, NOON),
    Move.TURN_BACK: lambda visit: visit.close(Ending.NOT_ADMITTED, NOON),
    Move.CHECK_OUT: lambda visit: visit.close(Ending.TALKED, NOON),
    Move.RUN_OUT: lambda visit: visit.run_out(NOON),
}


def visit(state: VisitState, *facts: Any) -> Visit:
    return Visit(
        id=ids.new(),
        case_id=ids.new(),
        agency_id=ids.new(),
        collectors=(ids.new(), ids.new()),
        letter_id=ids.new(),
        place=SEALED,
        sheet=SEALED,
        zone="Asia/Shanghai",
        not_before=NOON - timedelta(hours=1),
        not_after=NOON + timedelta(hours=1),
        books=("CONTRACT-DEMO",),
        state=state,
        cleared_until=None,
        entry_reason=None,
        entry_from=None,
        entry_until=None,
        ending=Ending.DECLINED if state is VisitState.CLOSED else None,
        facts=[Noted(fact, NOON, True) for fact in facts],
    )


@pytest.mark.parametrize(("state", "move"), EVERY)
def test_every_move_is_one_of_the_table_or_refused(state, move) -> None:
    its, step = visit(state, AtTheGate(admitted=False)), STEPS.get((state, move))

    if step is None:
        with pytest.raises(Conflict, match=REFUSED.get(state, "not-checked-in")):
            MAKE[move](its)
        assert its.state is state
    else:
        MAKE[move](its)
        assert its.state is step.to


@pytest.mark.parametrize(
    ("state", "move"), [each for each, step in STEPS.items() if step.guard]
)
def test_a_guard_refuses_and_leaves_the_visit_where_it_was(state, move) -> None:
    its = visit(state, Entered())

    with pytest.raises(Conflict, match="still-inside|not-checked-in"):
        MAKE[move](its)

    assert its.state is state


def test_every_guard_is_a_method_and_every_move_has_its_words() -> None:
    guards = {step.guard for step in STEPS.values() if step.guard}
    assert all(callable(getattr(Visit, guard)) for guard in guards)
    assert MEANS.keys() == set(Move) == set(MAKE)


def test_from_everywhere_there_is_a_way_out_and_none_back_from_the_end() -> None:
    ends = {VisitState.CLOSED}
    while more := {
        at for (at, _), step in STEPS.items() if step.to in ends and at not in ends
    }:
        ends |= more
    assert ends == set(VisitState)
    assert not [at for at, _ in STEPS if at is VisitState.CLOSED]


def test_the_page_is_what_the_table_says() -> None:
    """When this fails: `.venv/bin/python -m doorstep.diagram`."""
    assert diagram.FILE.read_text("utf-8") == diagram.text()


@pytest.mark.parametrize("hours", [-2, 2])
def test_at_the_gate_counts_in_the_time_of_the_visit_alone(hours) -> None:
    its = visit(VisitState.PLANNED)
    at = NOON + timedelta(hours=hours)
    its.facts.append(Noted(AtTheGate(admitted=False), at, False))

    with pytest.raises(Conflict, match="not-checked-in"):
        its.close(Ending.NOT_ADMITTED, NOON)


def test_who_was_let_through_the_gate_was_not_turned_away() -> None:
    its = visit(VisitState.PLANNED, AtTheGate(admitted=False), AtTheGate(admitted=True))

    with pytest.raises(Conflict, match="not-checked-in"):
        its.close(Ending.NOT_ADMITTED, NOON)
