"""What a bank's contract with its agency must set where its books are silent."""

from typing import Annotated

from pydantic import Field, field_validator

from proto.decision import Act
from rulebook import wording
from rulebook.reading import unheard_of
from rulebook.rule import Term

#: Whoever writes more than this has mistaken the unit.
PermitLasts = Annotated[int, Field(strict=True, gt=0, le=120)]
VisitLasts = Annotated[int, Field(strict=True, gt=0, le=240)]


class EntryReasons(Term):
    """The special reasons (特殊情况) for which the bank lets a home be entered."""

    key = "visit.entry_reasons"
    allowed: frozenset[str]

    @field_validator("allowed")
    @classmethod
    def _have_names(cls, allowed: frozenset[str]) -> frozenset[str]:
        """Refuse a reason that nobody could be told, in one of our languages."""
        for reason in sorted(allowed - wording.entry_reasons()):
            raise ValueError(unheard_of("entry reason", reason, wording.entry_reasons()))
        return allowed


class PermitMinutes(Term):
    """How long the permit for each act is good."""

    key = "visit.permit_minutes"
    check_in: PermitLasts
    discuss_debt: PermitLasts
    enter_premises: PermitLasts

    def of(self, act: Act) -> int:
        """Return the minutes for one act."""
        minutes: int = getattr(self, act.value)
        return minutes


class VisitMinutes(Term):
    """How long a visit is expected to take, so that its end can be judged too."""

    key = "visit.expected_minutes"
    minutes: VisitLasts
