"""A visit: two collectors, a door, and how far they have come."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.errors import Conflict
from proto.base import Sealed
from proto.decision import Decision
from proto.field_visit import Ending, PersonMet, VisitState
from proto.places import Point
from services.field_visit.model.door import Door, Noted

#: How slow a phone's clock may be before what it dates is not believed (C.04 allows
#: a presence of this age).
CLOCK_SLACK = timedelta(seconds=180)


@dataclass
class CheckedIn:
    """One collector, present, as far from the door as the phone says."""

    id: UUID
    collector_id: UUID
    device_id: UUID
    distance_m: float
    accuracy_m: float
    present_at: datetime


@dataclass
class Visit:
    """A call by two named collectors at one door, for one case."""

    id: UUID
    case_id: UUID
    agency_id: UUID
    collectors: tuple[UUID, ...]
    letter_id: UUID
    place: Sealed
    sheet: Sealed
    zone: str
    not_before: datetime
    not_after: datetime
    books: tuple[str, ...]
    state: VisitState
    cleared_until: datetime | None
    entry_reason: str | None
    entry_from: datetime | None
    entry_until: datetime | None
    ending: Ending | None
    here: list[CheckedIn] = field(default_factory=list)
    facts: list[Noted] = field(default_factory=list)
    where: Point | None = None

    @cached_property
    def door(self) -> Door:
        """What has happened at the door, by all that has arrived."""
        return Door.of(self.facts)

    def take(self, noted: Noted) -> bool:
        """Let one more fact count. True when it ended whatever permit there was."""
        door = self.door
        met = door.person_met
        self.facts.append(noted)
        door.take(noted)
        return isinstance(noted.fact, PersonMet) and met not in (None, noted.fact.relation)

    def local(self, moment: datetime) -> datetime:
        """Return a moment on the wall clock at the debtor's door."""
        return moment.astimezone(ZoneInfo(self.zone))

    def open_for(self, now: datetime) -> None:
        """Refuse what comes before or after the time the visit was planned for.

        Raises Conflict.
        """
        self.refuse_closed()
        if not self.not_before <= now < self.not_after:
            raise Conflict(
                "outside-plan",
                now=self.local(now).isoformat(timespec="minutes"),
                not_before=self.local(self.not_before).isoformat(timespec="minutes"),
                not_after=self.local(self.not_after).isoformat(timespec="minutes"),
            )

    def refuse_closed(self) -> None:
        """Raises Conflict when the visit is over."""
        if self.state is VisitState.CLOSED:
            raise Conflict("visit-closed", key=str(self.id))

    def refuse_uncleared(self, now: datetime) -> None:
        """Raises Conflict when the pair is not cleared to be here now."""
        self.open_for(now)
        if self.state is not VisitState.CLEARED or self.cleared_until is None:
            raise Conflict("not-checked-in", key=str(self.id))
        if now >= self.cleared_until:
            until = self.local(self.cleared_until).isoformat(timespec="seconds")
            raise Conflict("permit-expired", until=until)

    def present(self, collector_id: UUID) -> CheckedIn | None:
        """Return where a collector checked in, if so."""
        return next((c for c in self.here if c.collector_id == collector_id), None)

    def has_phone(self, device_id: UUID) -> bool:
        """Tell whether somebody checked in with this phone."""
        return any(each.device_id == device_id for each in self.here)

    def has_permit(self, now: datetime) -> bool:
        """Tell whether the pair is allowed anything now."""
        if self.state is not VisitState.CLEARED:
            return False
        return any(end and end > now for end in (self.cleared_until, self.entry_until))

    def clear(self, until: datetime | None) -> bool:
        """Let the pair knock until then. True the first time only."""
        news = self.cleared_until is None
        self.state, self.cleared_until = VisitState.CLEARED, until
        return news

    def arrive(self) -> None:
        """Note that somebody is here who may not, or not yet, knock."""
        if self.state is VisitState.PLANNED:
            self.state = VisitState.ARRIVING

    def send_away(self, now: datetime) -> bool:
        """Take back what was allowed before. True when something was."""
        was_cleared = self.state is VisitState.CLEARED
        self.state = VisitState.ARRIVING
        self.end_permit(now)
        return was_cleared

    def permit_entry(self, reason: str | None, decision: Decision) -> None:
        """Let the pair in from now on, as long as the decision is good."""
        self.entry_reason = reason
        self.entry_from, self.entry_until = decision.decided_at, decision.good_until

    def end_permit(self, at: datetime) -> bool:
        """Let nobody in from then on; who went in before was let in. True when news."""
        if self.entry_until is None or self.entry_until <= at:
            return False
        self.entry_until = at
        return True

    def may_be_inside(self, at: datetime) -> bool:
        """Tell whether a live permit covers an entry at this moment of a phone's clock."""
        if self.entry_from is None or self.entry_until is None:
            return False
        return self.entry_from - CLOCK_SLACK <= at < self.entry_until

    def close(self, ending: Ending, now: datetime) -> bool:
        """End the visit. False when it was ended so before.

        Raises Conflict when it ended otherwise, never began, or the pair is inside.
        """
        if self.state is VisitState.CLOSED and self.ending is ending:
            return False
        self.refuse_closed()
        if self.state is VisitState.PLANNED:
            raise Conflict("not-checked-in", key=str(self.id))
        if self.door.inside:
            raise Conflict("still-inside", key=str(self.id))
        self.state, self.ending = VisitState.CLOSED, ending
        self.end_permit(now)
        return True

    def row(self) -> dict[str, Any]:
        """Return the columns that may have changed."""
        return {
            "state": self.state,
            "cleared_until": self.cleared_until,
            "entry_reason": self.entry_reason,
            "entry_from": self.entry_from,
            "entry_until": self.entry_until,
            "ending": self.ending,
        }
