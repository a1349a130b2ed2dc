"""A complaint (投诉), and what it does to the work on a case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from chassis.errors import Conflict
from proto import ids
from proto.base import Sealed
from proto.complaints import About, Channel, Verdict, WorkStanding

metadata = MetaData()

#: `filed` is the order as it came, sealed: words, contact, the code as it was typed.
#: `code_blind` finds a complaint whose badge we had not heard of when it came.
complaint_table = Table(
    "complaint",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid),
    Column("visit_id", Uuid),
    Column("channel", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("verdict", Text),
    Column("filed", JSONB),
    Column("code_blind", Text),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("closed_by", Text),
)
OPEN = complaint_table.c.state == "open"
Index(
    "complaint_open",
    complaint_table.c.since,
    complaint_table.c.id,
    postgresql_where=OPEN,
)
Index("complaint_code", complaint_table.c.code_blind, postgresql_where=OPEN)
Index("complaint_visit", complaint_table.c.visit_id, postgresql_where=OPEN)

#: Cases that somebody has ever complained about, and how many complaints are open.
work_table = Table(
    "work",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("open", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

#: Visits by the code on the badges, which stands here as a keyed hash alone. A code that a
#: visit had before one of its pair was swapped has a row of its own, by `old_badge`.
badge_table = Table(
    "badge",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("blind", Text, nullable=False),
    Column("not_before", DateTime(timezone=True), nullable=False),
)
Index("badge_blind", badge_table.c.blind, badge_table.c.not_before)

#: A pair that stood together at a door.
door_visit_table = Table(
    "door_visit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("arrived_at", DateTime(timezone=True), nullable=False),
)
Index("door_visit_case", door_visit_table.c.case_id, door_visit_table.c.arrived_at)


@dataclass
class Complaint:
    """What somebody objects to. Only the bank's complaints desk closes it."""

    id: UUID
    case_id: UUID | None
    visit_id: UUID | None
    channel: Channel
    about: About
    filed: Sealed | None
    since: datetime
    state: Literal["open", "closed"] = "open"
    verdict: Verdict | None = None

    def cases(self) -> tuple[UUID, ...]:
        """Return the case it is about, if that is known."""
        return (self.case_id,) if self.case_id else ()

    def close(self, verdict: Verdict) -> bool:
        """Answer it. False when it was answered so before.

        Raises Conflict when it was answered otherwise: what somebody was told stays.
        """
        if self.state == "open":
            self.state, self.verdict = "closed", verdict
            return True
        if self.verdict is not verdict:
            said = self.verdict.value if self.verdict else "?"
            raise Conflict("complaint-closed", key=str(self.id), verdict=said)
        return False


@dataclass
class Work:
    """Whether a case may be worked: not while one complaint about it is open."""

    id: UUID
    open: int
    version: int

    def complained(self) -> bool:
        """Count a complaint. True when it is the one that suspends the work."""
        self.open += 1
        return self.turned(first=self.open == 1)

    def answered(self) -> bool:
        """Count a complaint off. True when it was the last one, and work may go on."""
        self.open -= 1
        return self.turned(first=self.open == 0)

    def turned(self, *, first: bool) -> bool:
        self.version += first
        return first

    def standing(self) -> WorkStanding:
        """Return what others decide by: not which complaint, nor how many."""
        suspended = self.open > 0
        return WorkStanding(case_id=self.id, suspended=suspended, version=self.version)


def old_badge(blind: str) -> UUID:
    """Return the id of the row of a code that is on no visit's badges any more."""
    return ids.named("old badge", blind)
