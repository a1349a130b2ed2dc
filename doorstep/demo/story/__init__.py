"""The story of one day, act by act, and what the rules answer at each step of it.

The answers are written out here, clause by clause, and not computed by the rulebook: the
demonstration would otherwise agree with whatever the rulebook says.
"""

from collections.abc import Collection

from doorstep.demo.story.already_paid import ALREADY_PAID
from doorstep.demo.story.cash import CASH_IN_A_REMOTE_PLACE
from doorstep.demo.story.complaint import COMPLAINT_BY_BADGE
from doorstep.demo.story.evening import APPOINTED, TOO_LATE
from doorstep.demo.story.evidence import IN_COURT
from doorstep.demo.story.invited_in import INVITED_IN
from doorstep.demo.story.no_signal import NO_SIGNAL
from doorstep.demo.story.step import Act, Expected, Step, Who

__all__ = ["ACTS", "Act", "Expected", "Step", "Who", "chosen"]

ACTS = (
    INVITED_IN,
    CASH_IN_A_REMOTE_PLACE,
    ALREADY_PAID,
    COMPLAINT_BY_BADGE,
    NO_SIGNAL,
    TOO_LATE,
    APPOINTED,
    IN_COURT,
)


def chosen(numbers: Collection[int]) -> tuple[Act, ...]:
    """Return the acts of these numbers, from 1, and those they come after; or all."""
    if not numbers:
        return ACTS
    wanted = {ACTS[number - 1].name for number in numbers}
    wanted |= {act.after for act in ACTS if act.name in wanted}
    return tuple(act for act in ACTS if act.name in wanted)
