"""What was found in a visit's positions, as it is kept, and what was said to it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from proto import ids
from proto.base import Sealed
from proto.plausibility import Found, Number, Signal
from proto.signing import digest

#: What a worker is asked to do about a visit.
SCORE = "score_positions"


@dataclass
class Score:
    """What one collector's positions at a visit come to, by the newest look."""

    id: UUID
    visit_id: UUID
    collector_id: UUID
    combined: float
    fixes: int
    refused: int
    at: datetime


@dataclass
class FindingKept:
    """A signal that speaks against them; superseded once a look came to other numbers."""

    id: UUID
    visit_id: UUID
    collector_id: UUID
    signal: Signal
    score: float
    says: str
    numbers: dict[str, Number]
    at: datetime
    superseded_at: datetime | None = None


@dataclass
class Replied:
    """What the person says to a finding."""

    id: UUID
    finding_id: UUID
    visit_id: UUID
    text: Sealed
    at: datetime


def score_id(visit_id: UUID, collector_id: UUID) -> UUID:
    return ids.named("score", f"{visit_id}/{collector_id}")


def finding_id(visit_id: UUID, collector_id: UUID, found: Found) -> UUID:
    """Return its id by all that it says: what is found once more is the same finding."""
    says = digest(found.model_dump(mode="json"))
    return ids.named("finding", f"{visit_id}/{collector_id}/{says}")
