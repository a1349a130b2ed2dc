"""How a visit may go: the one table of its moves, by which the visit itself goes.

docs/visit-states.md is made from it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from proto.field_visit import VisitState


class Move(StrEnum):
    """What may happen to a visit as a whole."""

    WAIT = "wait"
    CLEAR = "clear"
    SEND_AWAY = "send_away"
    CUT_SHORT = "cut_short"
    TURN_BACK = "turn_back"
    CHECK_OUT = "check_out"
    RUN_OUT = "run_out"


class Step(NamedTuple):
    """Where a move leads, and the visit's method that may refuse it, if there is one."""

    to: VisitState
    guard: str | None = None


#: What each move is, for people.
MEANS: Mapping[Move, str] = MappingProxyType(
    {
        Move.WAIT: "somebody is at the door, and a partner or a better position is missing",
        Move.CLEAR: "a check-in is allowed: the pair may knock",
        Move.SEND_AWAY: "a check-in is refused, or what allowed it has ended",
        Move.CUT_SHORT: "one of the two cannot go on, or somebody called for help",
        Move.TURN_BACK: "the pair was turned away at a gate, before it came to the door",
        Move.CHECK_OUT: "the pair says that it is over",
        Move.RUN_OUT: "nobody has said so for hours: the visit closes by itself",
    }
)

PLANNED, ARRIVING, CLEARED, LEAVING, CLOSED = (
    VisitState.PLANNED,
    VisitState.ARRIVING,
    VisitState.CLEARED,
    VisitState.LEAVING,
    VisitState.CLOSED,
)
OUTSIDE, AT_THE_GATE = "refuse_inside", "refuse_unless_at_the_gate"

#: Every move there is. What is not here is refused, see `REFUSED`.
STEPS: Mapping[tuple[VisitState, Move], Step] = MappingProxyType(
    {
        (PLANNED, Move.WAIT): Step(ARRIVING),
        (PLANNED, Move.CLEAR): Step(CLEARED),
        (PLANNED, Move.SEND_AWAY): Step(ARRIVING),
        (PLANNED, Move.CUT_SHORT): Step(LEAVING),
        (PLANNED, Move.TURN_BACK): Step(CLOSED, AT_THE_GATE),
        (ARRIVING, Move.WAIT): Step(ARRIVING),
        (ARRIVING, Move.CLEAR): Step(CLEARED),
        (ARRIVING, Move.SEND_AWAY): Step(ARRIVING),
        (ARRIVING, Move.CUT_SHORT): Step(LEAVING),
        (ARRIVING, Move.TURN_BACK): Step(CLOSED, OUTSIDE),
        (ARRIVING, Move.CHECK_OUT): Step(CLOSED, OUTSIDE),
        (ARRIVING, Move.RUN_OUT): Step(CLOSED),
        # A phone that asks again alone takes nothing away from the other.
        (CLEARED, Move.WAIT): Step(CLEARED),
        (CLEARED, Move.CLEAR): Step(CLEARED),
        (CLEARED, Move.SEND_AWAY): Step(ARRIVING),
        (CLEARED, Move.CUT_SHORT): Step(LEAVING),
        (CLEARED, Move.TURN_BACK): Step(CLOSED, OUTSIDE),
        (CLEARED, Move.CHECK_OUT): Step(CLOSED, OUTSIDE),
        (CLEARED, Move.RUN_OUT): Step(CLOSED),
        (LEAVING, Move.CUT_SHORT): Step(LEAVING),
        (LEAVING, Move.TURN_BACK): Step(CLOSED, OUTSIDE),
        (LEAVING, Move.CHECK_OUT): Step(CLOSED, OUTSIDE),
        (LEAVING, Move.RUN_OUT): Step(CLOSED),
    }
)

#: What somebody is told who tries any other move, by how far the visit is.
REFUSED: Mapping[VisitState, str] = MappingProxyType(
    {PLANNED: "not-checked-in", LEAVING: "visit-leaving", CLOSED: "visit-closed"}
)


class Due(StrEnum):
    """What a visit is looked at for, when its time has come."""

    PARTNER = "partner"  # is the other one here by now?
    MET = "met"  # has anybody opened?
    WARN_FIRST = "warn_first"  # the hours end soon (S8)
    WARN_LAST = "warn_last"
    HOURS_END = "hours_end"  # is the pair still there?
    RUN_OUT = "run_out"  # has anybody checked out?
    SEAL = "seal"  # is all of its record here, or has the time come for what there is?
