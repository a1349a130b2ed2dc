"""What a bank's contract with its agency must set where its books are silent."""

from typing import Annotated

from pydantic import Field

from proto.decision import Act
from rulebook.rule import Term

Minutes = Annotated[int, Field(gt=0)]


class EntryReasons(Term):
    """The special reasons (特殊情况) for which the bank lets a home be entered."""

    key = "visit.entry_reasons"
    allowed: frozenset[str]


class PermitMinutes(Term):
    """How long the permit for each act is good."""

    key = "visit.permit_minutes"
    check_in: Minutes
    discuss_debt: Minutes
    enter_premises: Minutes

    def of(self, act: Act) -> int:
        """Return the minutes for one act."""
        minutes: int = getattr(self, act.value)
        return minutes


class VisitMinutes(Term):
    """How long a visit is expected to take, so that its end can be judged too."""

    key = "visit.expected_minutes"
    minutes: Minutes
