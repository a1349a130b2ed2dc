"""What is kept of a visit's recording: when it was over, and what was found missing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, DateTime, ForeignKey, Index, Table, Text, Uuid

from proto import ids
from services.field_visit.model.stretches import Stretch
from services.field_visit.model.tables import metadata

#: One row a visit that is over, under its id. `wait_until`: what has not come by then is
#: not there; `judged_at`: when it was first said what is missing.
recording_table = Table(
    "recording",
    metadata,
    Column("id", Uuid, ForeignKey("visit.id"), primary_key=True),
    Column("ended_at", DateTime(timezone=True), nullable=False),
    Column("wait_until", DateTime(timezone=True)),
    Column("judged_at", DateTime(timezone=True)),
)

#: Undeclared gaps, and films made inside (`media_id`). Never rewritten: what a later look
#: does not find any more is superseded.
amiss_table = Table(
    "recording_finding",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("media_id", Uuid),
    Column("begins_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("superseded_at", DateTime(timezone=True)),
)
Index("recording_finding_visit", amiss_table.c.visit_id)


class Missing(StrEnum):
    """What a finding is of."""

    GAP = "gap"
    FILM_INSIDE = "film_inside"


@dataclass(frozen=True)
class Ended:
    """When a visit was over, how long its files are waited for, and when it was judged."""

    ended_at: datetime
    wait_until: datetime | None
    judged_at: datetime | None


@dataclass(frozen=True)
class Amiss:
    """Something that is amiss with a recording, kept under an id made from all of it."""

    visit_id: UUID
    kind: Missing
    media_id: UUID | None
    when: Stretch
    superseded_at: datetime | None = None

    @property
    def id(self) -> UUID:
        bounds = f"{self.when.begins.isoformat()}/{self.when.ends.isoformat()}"
        name = f"{self.visit_id}/{self.kind}/{self.media_id}/{bounds}"
        return ids.named("recording_finding", name)

    def is_part_of(self, other: "Amiss") -> bool:
        """Tell whether another one has said as much already."""
        within = self.when.within(other.when) == self.when or self.when == other.when
        return within and (self.kind, self.media_id) == (other.kind, other.media_id)
