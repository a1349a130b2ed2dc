"""What arrives in a line of events: it takes effect, or it is kept for a person.

A message that is no event of ours, or says what PostgreSQL cannot keep, is put aside as
its bytes: whatever somebody sends, the line goes on.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Engine

from chassis import held
from chassis.effects import Effects, hear
from chassis.logs import log
from proto.base import Envelope


class Arrival(NamedTuple):
    """A message: what was decoded of it, if anything, its bytes, and its routing key."""

    body: Any
    raw: bytes
    topic: str


def store(
    engine: Engine, service: str, lane: str, effects: Effects, batch: Sequence[Arrival]
) -> None:
    """Let a batch take effect, hold it back, or put it aside; then all of it is stored.

    Raises DatabaseAway, and what else stands in the way; the batch is then to come again.
    """
    read = [(readable(arrival.body), arrival) for arrival in batch]
    for arrival in (arrival for envelope, arrival in read if envelope is None):
        put_aside(engine, service, lane, arrival)
    heard = [envelope for envelope, _ in read if envelope is not None]
    for left in hear(engine, service, lane, effects, heard):
        arrival = next(arrival for envelope, arrival in read if envelope is left)
        put_aside(engine, service, lane, arrival)


def readable(body: Any) -> Envelope | None:
    """Return the event in a body, if there is one and the database can keep it."""
    try:
        return Envelope.model_validate(body) if held.storable(body) else None
    except ValidationError:
        return None


def put_aside(engine: Engine, service: str, lane: str, arrival: Arrival) -> None:
    """Keep the bytes of a message that nobody can read. Of them nothing is logged."""
    log.error("cannot read a message")
    held.put_aside(engine, service, lane, arrival.raw, arrival.topic)
