"""What may be used once: the bank's leave, or an hour that somebody named."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal, NamedTuple
from uuid import UUID

from proto.base import Message
from proto.contact import ThirdPartyStanding
from proto.facts import Appointment
from proto.recovery import CashStanding

#: An hour further away, or a longer one, is no appointment but a way around the hours.
SOON, LONG = timedelta(days=30), timedelta(hours=4)


class LeaveKind(StrEnum):
    CASH = "cash"
    THIRD_PARTY = "third_party"
    APPOINTMENT = "appointment"  # named by the debtor (4.06)
    HOUR = "hour"  # vouched for by a supervisor (21.085)


class Hour(Message):
    """From when to when somebody may be visited outside the usual hours, and where."""

    starts_at: datetime
    ends_at: datetime
    place: Literal["here", "elsewhere"] = "here"

    def covers(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at


class Use(NamedTuple):
    """A visit's use of it: by whom, for what, and from when to when."""

    by: UUID
    person: UUID | None
    for_: str
    from_: datetime
    until: datetime | None


@dataclass
class Leave:
    """One of them, and which visit has used it, for what, and until when."""

    id: UUID
    case_id: UUID
    kind: LeaveKind
    body: dict[str, Any]
    at: datetime
    used_by: UUID | None = None
    used_person: UUID | None = None
    used_for: str | None = None
    used_from: datetime | None = None
    used_until: datetime | None = None

    @cached_property
    def cash(self) -> CashStanding:
        return CashStanding.model_validate(self.body)

    @cached_property
    def third_party(self) -> ThirdPartyStanding:
        return ThirdPartyStanding.model_validate(self.body)

    @cached_property
    def hour(self) -> Hour:
        return Hour.model_validate(self.body)

    def free_for(self, visit_id: UUID) -> bool:
        """Tell whether no other visit has used it."""
        return self.used_by in (None, visit_id)

    def is_of(self, appointment_id: UUID | None) -> bool:
        """Tell whether an hour is one of the place that a visit goes to: the debtor's
        door, or where that appointment is. A supervisor's word is of no place.
        """
        if self.kind is LeaveKind.HOUR:
            return True
        here = self.hour.place == "here"
        return appointment_id is None if here else self.id == appointment_id

    def mine(self, visit_id: UUID, person_id: UUID | None, what: str) -> bool:
        """Tell whether this very person was given it for this very thing."""
        told = self.used_by, self.used_person, self.used_for
        return told == (visit_id, person_id, what)

    def lives(self, now: datetime) -> bool:
        """Tell whether the permit it was used by is still good."""
        return self.used_until is not None and now < self.used_until

    def covers(self, at: datetime, slack: timedelta) -> bool:
        """Tell whether the permit covers a moment of a phone's clock, which may be slow."""
        begun = self.used_from is not None and self.used_from - slack <= at
        return begun and self.lives(at)

    def use(self, use: Use) -> dict[str, Any]:
        """Let a visit use it; return the columns that changed."""
        said = use._asdict().items()
        changed = {f"used_{name.rstrip('_')}": value for name, value in said}
        for name, value in changed.items():
            setattr(self, name, value)
        return changed


def is_worth_keeping(fact: Appointment, said_at: datetime) -> bool:
    """Tell whether an hour is still to come, soon, and no longer than a talk may take."""
    ahead = said_at < fact.starts_at < fact.ends_at
    length, away = fact.ends_at - fact.starts_at, fact.starts_at - said_at
    return ahead and length <= LONG and away <= SOON
