"""A visit, who stands at its door, and what has happened there."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.errors import Conflict
from proto.base import Sealed
from proto.decision import Decision
from proto.field_visit import (
    ConsentGiven,
    ConsentWithdrawn,
    Ending,
    Entered,
    Fact,
    Identified,
    Introduced,
    Left,
    Objected,
    PersonMet,
    Relation,
    VisitState,
)

metadata = MetaData()

#: How slow a phone's clock may be before what it dates is not believed (C.04 allows
#: a presence of this age).
CLOCK_SLACK = timedelta(seconds=180)

#: `place` and `sheet` are sealed under the case's key.
visit_table = Table(
    "visit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("collectors", ARRAY(Uuid), nullable=False),
    Column("letter_id", Uuid, nullable=False),
    Column("place", JSONB, nullable=False),
    Column("sheet", JSONB, nullable=False),
    Column("zone", Text, nullable=False),
    Column("not_before", DateTime(timezone=True), nullable=False),
    Column("not_after", DateTime(timezone=True), nullable=False),
    Column("books", ARRAY(Text), nullable=False),
    Column("state", Text, nullable=False),
    Column("entry_reason", Text),
    Column("entry_from", DateTime(timezone=True)),
    Column("entry_until", DateTime(timezone=True)),
    Column("ending", Text),
)
Index("visit_case", visit_table.c.case_id)
Index("visit_agency", visit_table.c.agency_id, visit_table.c.not_before)
Index("visit_collectors", visit_table.c.collectors, postgresql_using="gin")

#: `presence` is the signed presence, sealed: where a person stood is personal.
checked_in_table = Table(
    "checked_in",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("collector_id", Uuid, nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("distance_m", Float, nullable=False),
    Column("accuracy_m", Float, nullable=False),
    Column("present_at", DateTime(timezone=True), nullable=False),
    Column("presence", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("checked_in_visit", checked_in_table.c.visit_id)

#: The phones' journals. `number` is the order of arrival. The signature stands with
#: the last entry of the batch it was made over.
journal_table = Table(
    "journal",
    metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("prev", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("fact", JSONB, nullable=False),
    Column("signature", Text),
    Column("received_at", DateTime(timezone=True), nullable=False),
)
Index("journal_visit", journal_table.c.visit_id, journal_table.c.number)

#: What was asked, what was known (no names), and what was answered.
decision_table = Table(
    "decision",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("act", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("clauses", ARRAY(Text), nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("decision", JSONB, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("decision_visit", decision_table.c.visit_id, decision_table.c.at)


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
class Door:
    """What has happened at the door: the journals' facts, folded in order of arrival."""

    mandate_declared: bool = False
    badge_shown: bool = False
    letter_shown: bool = False
    person_met: Relation | None = None
    identified_at: datetime | None = None
    items: int = 0
    consent_by: Relation | None = None
    consent_after_identified: bool = False
    consent_withdrawn: bool = False
    objection: bool = False
    inside: bool = False

    def take(self, fact: Fact, at: datetime) -> None:
        """Let one fact count. What is said once stays said; doubt always wins."""
        match fact:
            case Introduced():
                self.mandate_declared |= fact.mandate_declared
                self.badge_shown |= fact.badge_shown
                self.letter_shown |= fact.letter_shown
            case PersonMet():
                self.meet(fact.relation)
            case Identified():
                self.items = len(set(fact.items))
                self.identified_at = at if fact.name_said else None
            case ConsentGiven():
                self.hear_consent(fact, at)
            case ConsentWithdrawn():
                self.consent_withdrawn = True
            case Objected():
                self.objection = True
            case Entered() | Left():
                self.inside = isinstance(fact, Entered)

    def meet(self, relation: Relation) -> None:
        """Somebody else opened: neither who was identified before, nor who consented."""
        if relation is not self.person_met:
            self.identified_at, self.items = None, 0
            self.consent_by, self.consent_after_identified = None, False
        self.person_met = relation

    def hear_consent(self, fact: ConsentGiven, at: datetime) -> None:
        """Take an answer. A consent counts as later than the identification only if it
        arrived later and was given later: two phones have two clocks.
        """
        if fact.answer == "refused":
            self.consent_withdrawn = True
            return
        self.consent_by = fact.by
        self.consent_withdrawn = False
        identified = self.identified_at
        self.consent_after_identified = identified is not None and identified <= at


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
    entry_reason: str | None
    entry_from: datetime | None
    entry_until: datetime | None
    ending: Ending | None
    here: list[CheckedIn] = field(default_factory=list)
    door: Door = field(default_factory=Door)

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

    def refuse_uncleared(self) -> None:
        """Raises Conflict when the pair has not been cleared to knock, or is gone."""
        self.refuse_closed()
        if self.state is not VisitState.CLEARED:
            raise Conflict("not-checked-in", key=str(self.id))

    def present(self, collector_id: UUID) -> CheckedIn | None:
        """Return where a collector checked in, if so."""
        return next((c for c in self.here if c.collector_id == collector_id), None)

    def clear(self) -> bool:
        """Let the pair knock. True the first time only."""
        news = self.state is not VisitState.CLEARED
        self.state = VisitState.CLEARED
        return news

    def permit_entry(self, reason: str | None, decision: Decision) -> None:
        """Let the pair in from now on, as long as the decision is good."""
        self.entry_reason = reason
        self.entry_from, self.entry_until = decision.decided_at, decision.good_until

    def end_permit(self) -> bool:
        """Let nobody in any more. True when somebody might have come in until now."""
        news = self.entry_until is not None
        self.entry_reason = self.entry_from = self.entry_until = None
        return news

    def may_be_inside(self, at: datetime) -> bool:
        """Tell whether a live permit covers an entry at this moment of a phone's clock."""
        if self.entry_from is None or self.entry_until is None:
            return False
        return self.entry_from - CLOCK_SLACK <= at < self.entry_until

    def close(self, ending: Ending) -> bool:
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
        return True

    def row(self) -> dict[str, Any]:
        """Return the columns that may have changed."""
        return {
            "state": self.state,
            "entry_reason": self.entry_reason,
            "entry_from": self.entry_from,
            "entry_until": self.entry_until,
            "ending": self.ending,
        }
