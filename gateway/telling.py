"""From a message of the broker's stream to what its readers are told, written once."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from fastapi.sse import format_sse_event

from chassis.logs import log
from chassis.streams import Position, Said
from proto.audience import Audience, Audiences, shown, told_to
from proto.base import Envelope
from proto.field_visit import PairSwapped

NOBODY: Audiences = frozenset()


class Wish(NamedTuple):
    """What somebody wants to be told, as part of an audience.

    Of one visit, or of all. An agency's people, where it is not one visit that they were
    found to be allowed to see, hear of their own agency's alone.
    """

    audience: Audience
    agency_id: UUID | None = None
    visit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One message of the stream: where it stands, who hears of it, and as which bytes.

    What cannot be read is told to nobody, and keeps its place all the same. Whoever reads
    a visit when its pair `swaps` has to ask anew whether they may.
    """

    position: Position
    event_id: UUID | None = None
    at: datetime | None = None
    audiences: Audiences = NOBODY
    agency_id: UUID | None = None
    visit_id: UUID | None = None
    lines: bytes = b""
    swaps: bool = False

    def wishes(self) -> Iterator[Wish]:
        """Yield every wish that it meets."""
        for audience in self.audiences:
            if audience is not Audience.AGENCY:
                yield Wish(audience)
            elif self.agency_id:
                yield Wish(audience, self.agency_id)
            if self.visit_id:
                yield Wish(audience, None, self.visit_id)

    def hidden(self) -> "Told":
        """Return it as told to nobody: it was told before."""
        return Told(self.position)


def told(said: Said) -> Told:
    """Read a message. One that cannot be read is noted, and told to nobody."""
    try:
        return read(said)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        log.error("cannot read an event of the stream: %s", type(error).__name__)
        return Told(said.position)


def read(said: Said) -> Told:
    """Read a message. Raises ValueError, TypeError or KeyError."""
    envelope = Envelope.model_validate_json(said.body)
    return Told(
        position=said.position,
        event_id=envelope.id,
        at=envelope.time,
        audiences=told_to(envelope.type),
        agency_id=id_in(envelope, "agency_id"),
        visit_id=id_in(envelope, "visit_id"),
        lines=lines(envelope, said.position),
        swaps=envelope.type == PairSwapped.topic(),
    )


def id_in(envelope: Envelope, name: str) -> UUID | None:
    found = envelope.data.get(name)
    return UUID(found) if found else None


def lines(envelope: Envelope, position: Position) -> bytes:
    """Write an event as all who are told of it read it (WHATWG HTML, 9.2)."""
    data = json.dumps(shown(envelope), ensure_ascii=False)
    return format_sse_event(data_str=data, event=envelope.type, id=str(position))


def place(kind: str, position: Position) -> bytes:
    """Say where a reader is: `here`, or `reset` when what it knew is no longer known."""
    data = json.dumps({"position": str(position)})
    return format_sse_event(data_str=data, event=kind, id=str(position))


def alive(position: Position) -> bytes:
    """Say that all is quiet, and that everything until there has been told."""
    return format_sse_event(comment="quiet", id=str(position))
