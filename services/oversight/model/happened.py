"""One event as it stands in the timeline."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from proto.audience import shown
from proto.base import Envelope, bounded


@dataclass(frozen=True)
class Happened:
    """An event about a visit or a case, as it may be shown: without its sealed fields.

    `at` is when it happened, by whoever says so; `said_at` when its service said it.
    """

    event_id: UUID
    at: datetime
    said_at: datetime
    topic: str
    source: str
    subject: str
    sequence: int
    visit_id: UUID | None
    case_id: UUID | None
    agency_id: UUID | None
    clauses: tuple[str, ...]
    data: dict[str, Any]

    @classmethod
    def of(cls, said: Envelope) -> Self | None:
        """Return an event as it is kept; None when it is about no visit and no case.

        Raises ValueError or TypeError when it does not name them as ours do.
        """
        data = shown(said)["data"]
        visit_id, case_id, agency_id = (
            named(data, name) for name in ("visit_id", "case_id", "agency_id")
        )
        if visit_id is None and case_id is None:
            return None
        at = data.get("at")
        return cls(
            event_id=said.id,
            at=bounded(datetime.fromisoformat(at)) if at else said.time,
            said_at=said.time,
            topic=said.type,
            source=said.source,
            subject=said.subject,
            sequence=said.sequence,
            visit_id=visit_id,
            case_id=case_id,
            agency_id=agency_id,
            clauses=tuple(map(str, data.get("clauses") or ())),
            data=data,
        )


def named(data: dict[str, Any], name: str) -> UUID | None:
    return UUID(data[name]) if data.get(name) else None
