"""Make the views again from the stream, while everybody reads those of before.

The stream is read into tables of this session alone, which hide those they are named
after, by the code that the projector runs. What is in them then takes the place of what
the stream said before, in one transaction. What the stream has forgotten stays as it is.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from chassis import amqp, streams
from chassis.amqp import Link
from chassis.database import engine
from chassis.settings import Settings
from chassis.streams import START, Batch, Position
from services.oversight import store
from services.oversight.handlers import projecting
from services.oversight.model import EDITION
from services.oversight.projector.views import SCHEMA, read
from services.oversight.store import Projection

ASIDE = (
    "CREATE TEMP TABLE {name} (LIKE {schema}.{name} INCLUDING DEFAULTS INCLUDING INDEXES)"
)
#: The views take as long as they take.
PATIENTLY = (
    "SET statement_timeout = 0",
    "SET lock_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
    "SET tcp_user_timeout = 0",
)
SWAP = (
    "UPDATE pg_temp.timeline SET generation = :generation",
    f"DELETE FROM {SCHEMA}.timeline WHERE generation = :generation AND place >= :first",
    f"DELETE FROM {SCHEMA}.timeline USING pg_temp.timeline made"
    " WHERE timeline.event_id = made.event_id",
    f"INSERT INTO {SCHEMA}.timeline SELECT * FROM pg_temp.timeline",
    f"DELETE FROM {SCHEMA}.kept USING pg_temp.kept made"
    " WHERE kept.key = made.key AND kept.topic = made.topic",
    f"INSERT INTO {SCHEMA}.kept SELECT * FROM pg_temp.kept",
    "DROP TABLE pg_temp.timeline, pg_temp.kept",
)
#: Seconds in which what stands at a position comes, if it is there.
SILENT_S = 5.0


class Rebuilt(NamedTuple):
    """What came of it: messages read and passed over, and what the views hold now."""

    messages: int
    passed_over: int
    entries: int
    visits: int
    position: str


@dataclass
class Aside:
    """The stream, read into tables of one session: how far, and from where."""

    connection: Connection
    messages: int = 0
    passed_over: int = 0
    first: int = 0
    position: Position = field(default=START)

    def make(self) -> None:
        for statement in PATIENTLY:
            self.connection.execute(text(statement))
        for name in ("timeline", "kept"):
            self.connection.execute(text(ASIDE.format(name=name, schema=SCHEMA)))

    def take(self, batch: Batch) -> None:
        if self.position == START:
            self.first = batch.said[0].position.offset
        news = read(batch.said)
        projecting.record(self.connection, 0, news)
        self.messages += len(batch.said)
        self.passed_over += len(batch.said) - len(news)
        self.position = batch.said[-1].position


async def rebuild(found: Settings) -> Rebuilt:
    """Make the views again. Raises AMQPError, OSError, and what the database says."""
    link, other = await amqp.connect(found), await amqp.connect(found)
    try:
        await amqp.declare(link)
        its = engine(found.database_url, SCHEMA, pool=0)
        with its.connect() as connection, connection.begin():
            aside = Aside(connection)
            aside.make()
            batches = streams.read(link)
            await read_on(aside, batches, await streams.newest(other))
            projected = store.projection(connection, waits=True)
            assert projected is not None
            at = Position.parse(projected.position)
            same = await stands(other, at)
            known = at.offset if same else START.offset  # nobody is moved back
            await read_on(aside, batches, max(known, await streams.newest(other)))
            generation = projected.generation + int(not same)
            return await asyncio.to_thread(swap, aside, generation)
    finally:
        await link.close()
        await other.close()


async def read_on(aside: Aside, batches: AsyncIterator[Batch], last: int) -> None:
    """Read until the event at this offset is read."""
    while aside.position.offset < last:
        aside.take(await anext(batches))


async def stands(link: Link, at: Position) -> bool:
    """Tell whether the stream is still the one that the projector has read."""
    if at == START:
        return True
    there = streams.read_from(link, at.offset)
    try:
        async with asyncio.timeout(SILENT_S):  # wait_for loses a cancellation
            batch = await anext(there)
    except TimeoutError:
        return False
    return batch.said[0].position == at


def swap(aside: Aside, generation: int) -> Rebuilt:
    """Put what was read in the place of what was there, and make the board of it."""
    connection, given = aside.connection, {"generation": generation, "first": aside.first}
    for statement in SWAP:
        connection.execute(text(statement), given)
    visits = fold(connection)
    store.forget_unplanned(connection)
    store.move(connection, Projection(str(aside.position), generation, EDITION))
    return Rebuilt(
        messages=aside.messages,
        passed_over=aside.passed_over,
        entries=store.entries(connection),
        visits=visits,
        position=str(aside.position),
    )


def fold(connection: Connection) -> int:
    """Make every row of the board from the timeline; return how many there are."""
    after: UUID | None = None
    count = 0
    while some := store.planned(connection, after, projecting.VISITS):
        projecting.refresh(connection, some)
        after, count = some[-1], count + len(some)
    return count
