"""Let events take effect: many in one transaction, each exactly once, in order per subject.

The inbox row of an event commits with its effect, so that a second delivery finds it. An
event that fails is held back, and so is whatever comes later of its subject; the others
flow (`chassis.held`).
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import clock, held, logs, metrics, sqlstates, ticks
from chassis.prepared import ask
from chassis.shared import Shared
from chassis.unit import Unit, settle
from proto.base import Envelope, Message

Act = Callable[[Any, Unit], object]


@dataclass(frozen=True)
class Effect:
    """What a service does about one topic: it keeps a standing, acts, or both."""

    kind: type[Message]
    acts: tuple[Act, ...] = ()
    keeps: bool = False

    def take(self, envelope: Envelope, unit: Unit) -> None:
        event = self.kind.model_validate(envelope.data)
        if self.keeps:
            unit.keep(event)  # type: ignore[arg-type]  # only standings are kept
        for act in self.acts:
            act(event, unit)


Effects = Mapping[str, Effect]

FIRST_TIME = (
    "INSERT INTO inbox (event_id, at) SELECT d.event_id, %(at)s"
    " FROM jsonb_to_recordset(CAST(%(rows)s AS jsonb)) AS d (event_id uuid)"
    " ORDER BY d.event_id ON CONFLICT DO NOTHING RETURNING event_id"
)
#: A trace as we make them, and what is said instead of words that are not of our making.
TRACE, NOT_OURS = re.compile(r"[0-9a-f]{32}"), "(not ours)"


class DatabaseAway(Exception):
    """The database does not do its part; no event is to blame."""


def hear(
    engine: Engine, service: str, lane: str, effects: Effects, heard: Sequence[Envelope]
) -> list[Envelope]:
    """Let a batch take effect, in its order. Returns when the rest is stored somewhere.

    The rest of what is returned: no row can hold these, and their bytes are to be put
    aside. Raises DatabaseAway when nothing can be stored now; the batch is then to come
    again.
    """
    try:
        together(engine, service, lane, effects, heard)
    except Exception as error:
        refuse_away(error)
        return [each for each in heard if not one(engine, service, lane, effects, each)]
    return []


def one(engine: Engine, service: str, lane: str, effects: Effects, heard: Envelope) -> bool:
    """Let one event take effect, or hold it back; tell whether either could be.

    Somebody who holds a row it needs makes it fail, so that they stop nobody else's.
    Raises DatabaseAway.
    """
    try:
        together(engine, service, lane, effects, [heard])
    except Exception as error:
        refuse_away(error)
        logs.failed(topic_of(heard, effects), error)
        stored = hold_back(engine, lane, heard, error)
        note(service, heard, effects, "held-back" if stored else "put-aside")
        return stored
    return True


def hold_back(engine: Engine, lane: str, heard: Envelope, error: Exception) -> bool:
    """Hold an event back; tell whether a row can hold it. Raises DatabaseAway."""
    try:
        with engine.begin() as connection:
            held.hold_back(connection, lane, [heard], error)
    except Exception as unstorable:
        refuse_away(unstorable, busy=True)
        logs.failed("to hold an event back", unstorable)
        return False
    return True


def refuse_away(error: Exception, *, busy: bool = False) -> None:
    """Raises DatabaseAway when an error is the database's own, not an event's.

    With `busy` also when somebody holds what was asked for, or it took too long.
    """
    states = sqlstates.AWAY + (sqlstates.BUSY if busy else ())
    if isinstance(error, DBAPIError):
        state = sqlstates.of(error)
        if isinstance(error, DataError) if state is None else not state.startswith(states):
            return
    elif not isinstance(error, PoolTimeout):
        return
    raise DatabaseAway(type(error).__name__) from None


def together(
    engine: Engine, service: str, lane: str, effects: Effects, heard: Sequence[Envelope]
) -> None:
    """Let these take effect in one transaction, or none of them."""
    began = time.monotonic()
    told = [each for each in heard if not ticks.is_tick(each)]
    with engine.begin() as connection:
        waiting = held.subjects(connection, {each.subject for each in told})
        behind = [each for each in told if each.subject in waiting]
        held.hold_back(connection, lane, behind, None)
        free = {each.id: each for each in told if each.subject not in waiting}
        fresh = first_time(connection, list(free.values()))
        news = [each for each in free.values() if each.id in fresh]
        take_all(connection, service, effects, news)
        said = [each for each in heard if ticks.is_tick(each)]
        ticks.hear(connection, lane, said, alone=not told)
    for each in told:
        outcome = "done" if each.id in fresh else "known"
        fresh.discard(each.id)  # its second copy in this batch is known
        behind_one = each.subject in waiting
        note(service, each, effects, "behind" if behind_one else outcome)
    metrics.BATCHES.labels(service, lane).observe(time.monotonic() - began)


def first_time(connection: Connection, heard: Sequence[Envelope]) -> set[UUID]:
    """Put events into the inbox; return those that were not there."""
    if not heard:
        return set()
    rows = to_json([{"event_id": each.id} for each in heard]).decode()
    found = ask(connection, FIRST_TIME, {"rows": rows, "at": clock.now()})
    return {row.event_id for row in found}


@dataclass
class Pending:
    """What some events have written and nobody has read yet."""

    connection: Connection
    units: list[Unit] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)

    def must_be_read(self, subject: str) -> bool:
        """Tell whether a handler may look for something that is still waiting here."""
        return subject in self.subjects or any(unit.standings for unit in self.units)

    def add(self, subject: str, unit: Unit) -> None:
        self.units.append(unit)
        self.subjects.add(subject)

    def write(self) -> None:
        settle(self.connection, self.units)
        self.units, self.subjects = [], set()


def take_all(
    connection: Connection, service: str, effects: Effects, fresh: Sequence[Envelope]
) -> None:
    """Let each take effect. A handler finds what earlier events of its subject wrote."""
    pending = Pending(connection)
    for each in fresh:
        effect = effects.get(each.type)
        if effect is None:  # the urgent queue hears all that its sources say
            continue
        if effect.acts and pending.must_be_read(each.subject):
            pending.write()
        unit = Unit(connection, service, each.by, each.trace, None, Shared(connection))
        effect.take(each, unit)
        pending.add(each.subject, unit)
    pending.write()


def note(service: str, heard: Envelope, effects: Effects, outcome: str) -> None:
    """Count an event and write its line; what it says of itself may be anybody's words."""
    topic = topic_of(heard, effects)
    metrics.HEARD.labels(service, topic, outcome).inc()
    logs.said(
        "heard",
        service=service,
        message=topic,
        outcome=outcome,
        trace=heard.trace if TRACE.fullmatch(heard.trace) else NOT_OURS,
        sequence=heard.sequence,
    )


def topic_of(heard: Envelope, effects: Effects) -> str:
    """Return an event's topic when it is one that its hearer knows."""
    return heard.type if heard.type in effects else NOT_OURS
