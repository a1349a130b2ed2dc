"""The outboxes of all services as the relay sees them: what waits, in which order."""

import asyncio
import zlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import sql

from chassis import clock, ready, topology
from chassis.transactions import UNSAVED

#: Seconds between two words to the database while there is nothing else to say.
STAY_S = 0.25
#: Rows in one batch; rows that one statement goes over where nobody waits for it.
BATCH, FORGET = 200, 5_000

#: What waits, in the order it is carried in: urgent first, then what is due, then the
#: rest. A tick is urgent or not as its lane is.
WAITING: dict[str, LiteralString] = {
    "urgent": "urgent AND due_at IS NULL ORDER BY id",
    "due": "due_at <= %(now)s ORDER BY due_at",
    "normal": "NOT urgent AND due_at IS NULL ORDER BY id",
}
LANES = tuple(WAITING)
#: Ticks of a lane that waited too long, but for the newest: it says all that they say.
OLD_TICKS: LiteralString = (
    "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {tick}"
    " AND said_at < %(before)s AND id < (SELECT max(id) FROM {table} WHERE {tick})"
    " ORDER BY id LIMIT {most})"
)
DELETE: LiteralString = "DELETE FROM {table} WHERE id = ANY({rows})"
UPDATE: LiteralString = "UPDATE {table} SET published_at = %(now)s WHERE id = ANY({rows})"
TICK: dict[str, LiteralString] = {
    lane: f"published_at IS NULL AND due_at IS NULL AND {of_lane}"
    " AND envelope->>'type' LIKE 'tick.%%'"
    for lane, of_lane in (("urgent", "urgent"), ("normal", "NOT urgent"))
}


#: Published events that a hearer does not know since their broker lost what it had, of the
#: next so many rows after one. `retained` is as old as an inbox is sure of. An event that
#: is said again says so: word for word the same at the same place, it would pass for that
#: of the stream before, and so would all that stands there otherwise now.
UNMARK: LiteralString = (
    "WITH batch AS (SELECT * FROM {table} WHERE id > %(after)s ORDER BY id LIMIT {most}),"
    " again AS (UPDATE {table} SET published_at = NULL,"
    " envelope = envelope || jsonb_build_object('again', %(now)s::text)"
    " WHERE id IN (SELECT id FROM batch o"
    " WHERE published_at IS NOT NULL AND coalesce(due_at, said_at) > %(retained)s"
    " AND ({unheard})) RETURNING id)"
    " SELECT (SELECT max(id) FROM batch), (SELECT count(*) FROM again)"
)
#: A hearer hears topics, and what it told itself to do.
UNHEARD: LiteralString = (
    "((envelope->>'type' = ANY({topics}) OR {own} AND envelope->>'type' LIKE 'later.%%')"
    " AND NOT EXISTS (SELECT FROM {inbox} i WHERE i.event_id = o.event_id))"
)


#: What readers of the stream were told in a span, as much as a batch has: whatever was
#: marked at one moment is told together, and that is never more than a load.
PUBLISHED: LiteralString = (
    "published_at > %(after)s AND published_at <= %(until)s AND due_at IS NULL"
)
MOMENTS: LiteralString = (
    "(SELECT published_at FROM {table} WHERE {published} ORDER BY published_at"
    " LIMIT {most})"
)
TOLD: LiteralString = (
    "SELECT id, sequence, envelope, published_at FROM {table} WHERE {published}"
    " AND published_at <= (SELECT max(published_at) FROM batch)"
)


class Row(NamedTuple):
    """One event that waits."""

    id: int
    sequence: int | None
    envelope: dict[str, Any]

    @property
    def topic(self) -> str:
        return str(self.envelope["type"])

    @property
    def is_tick(self) -> bool:
        return self.topic.startswith("tick.")


class Batch(NamedTuple):
    """Rows of one service that travel together."""

    lane: str
    service: str
    rows: list[Row]

    @property
    def ticks(self) -> list[Row]:
        return [row for row in self.rows if row.is_tick]

    @property
    def events(self) -> list[Row]:
        return [row for row in self.rows if not row.is_tick]


def loads(batches: Sequence[Batch]) -> list[list[Batch]]:
    """Put batches of one lane that come one after the other together, up to one's size.

    A wait for the broker's confirms and a transaction each would be most of their cost.
    """
    found: list[list[Batch]] = []
    for each in batches:
        last = found[-1] if found else []
        room = BATCH - sum(len(one.rows) for one in last)
        if last and last[0].lane == each.lane and len(each.rows) <= room:
            last.append(each)
        else:
            found.append([each])
    return found


class Outboxes:
    """The unpublished rows of the services whose outbox this relay holds the lock of."""

    def __init__(self, database: psycopg.AsyncConnection, services: Sequence[str]) -> None:
        self.database, self.services = database, services

    async def lock(self) -> bool:
        """Become the active relay of every outbox; False while another one is."""
        for service in self.services:
            number = zlib.crc32(f"doorstep outbox {service}".encode())
            cursor = await self.database.execute(
                "SELECT pg_try_advisory_lock(%s)", (number,)
            )
            row = await cursor.fetchone()
            if row is None or not row[0]:
                await self.database.execute("SELECT pg_advisory_unlock_all()")
                return False
        return True

    async def read(self, lanes: Sequence[str] = LANES) -> list[Batch]:
        """Return the oldest rows of these lanes of every service, in one statement."""
        query = self.query(tuple(lanes))
        values = {"now": clock.now()}
        cursor = await self.database.execute(query, values, prepare=True)
        found: dict[tuple[str, str], list[Row]] = {}
        for lane, service, *row in await cursor.fetchall():
            found.setdefault((lane, service), []).append(Row(*row))
        return [Batch(*key, rows) for key, rows in found.items()]

    @cache  # noqa: B019 - it lives as long as the connection
    def query(self, lanes: tuple[str, ...]) -> bytes:
        each = [self.waiting(lane, service) for lane in lanes for service in self.services]
        return sql.SQL(" UNION ALL ").join(each).as_bytes()

    @staticmethod
    def waiting(lane: str, service: str) -> sql.Composed:
        template: LiteralString = (
            "(SELECT {lane}, {name}, id, sequence, envelope FROM {table}"
            " WHERE published_at IS NULL AND " + WAITING[lane] + " LIMIT {batch})"
        )
        return sql.SQL(template).format(
            lane=lane,
            name=service,
            table=sql.Identifier(service, "outbox"),
            batch=BATCH,
        )

    async def forget_ticks(self, before: datetime) -> None:
        """Delete the ticks that were said before this, but the newest of each lane."""
        for service in self.services:
            for lane in TICK:
                while await self.forgotten(service, lane, before) >= FORGET:
                    pass

    async def forgotten(self, service: str, lane: str, before: datetime) -> int:
        """Delete the oldest of them, some thousand at once; return how many."""
        query = sql.SQL(OLD_TICKS).format(
            table=sql.Identifier(service, "outbox"), tick=sql.SQL(TICK[lane]), most=FORGET
        )
        return (await self.database.execute(query, {"before": before})).rowcount

    async def published(
        self, after: datetime, until: datetime
    ) -> tuple[list[Row], datetime]:
        """Return what was published first between two moments, for whoever reads the
        stream, in that order, and until which moment that is all.
        """
        values = {"after": after, "until": until}
        query = telling(tuple(self.services), BATCH)
        found = await (await self.database.execute(query, values)).fetchall()
        return [Row(*row[:3]) for row in found], found[-1][3] if found else until

    async def newest(self) -> datetime | None:
        """Return when the last event was published, by the clock of then."""
        query = sql.SQL("SELECT max(published_at) FROM ({}) every").format(
            sql.SQL(" UNION ALL ").join(
                sql.SQL("SELECT max(published_at) AS published_at FROM {}").format(
                    sql.Identifier(service, "outbox")
                )
                for service in self.services
            )
        )
        row = await (await self.database.execute(query)).fetchone()
        return row[0] if row else None

    async def unmark(self, retained: datetime) -> int:
        """Have published events published again that a hearer has not heard, unless they
        were said before `retained`; return how many.

        Cut short, it is to be done again from the beginning.
        """
        return sum([await self.unmarked(service, retained) for service in self.services])

    async def unmarked(self, service: str, retained: datetime) -> int:
        """Do so for one service, some thousand rows at once: none of it takes long."""
        query, count = unmarking(service), 0
        values: dict[str, Any] = {"retained": retained, "after": 0}
        values["now"] = clock.now().isoformat()
        while values["after"] is not None:
            row = await (await self.database.execute(query, values)).fetchone()
            assert row
            values["after"], again = row
            count += again
            ready.progress()
        return count

    async def stay(self) -> None:
        """Keep the session from falling silent while the broker is waited for."""
        while True:
            await asyncio.sleep(STAY_S)
            await self.database.execute("SELECT 1")

    async def mark(self, batches: Sequence[Batch]) -> None:
        """Note that the broker has these, in one statement.

        Ticks have told all they had to tell: they go, and when there is nothing else, the
        database may forget it again with its power. They would be told once more.
        """
        found: dict[str, Any] = {"now": clock.now()}
        parts: list[tuple[LiteralString, str, str]] = []
        for each in batches:
            for statement, rows in ((DELETE, each.ticks), (UPDATE, each.events)):
                if rows:
                    name = f"rows{len(parts)}"
                    parts.append((statement, each.service, name))
                    found[name] = [row.id for row in rows]
        await self.database.execute(marking(tuple(parts)), found, prepare=True)


def unmarking(service: str) -> sql.Composed:
    """Return the statement that unmarks what a service has said."""
    unheard = [
        sql.SQL(UNHEARD).format(
            topics=sql.Literal(list(topology.topics(hearer))),
            own=sql.Literal(hearer == service),
            inbox=sql.Identifier(hearer, "inbox"),
        )
        for hearer in topology.SERVICES
    ]
    return sql.SQL(UNMARK).format(
        table=sql.Identifier(service, "outbox"),
        most=FORGET,
        unheard=sql.SQL(" OR ").join(unheard),
    )


@cache
def telling(services: tuple[str, ...], most: int) -> bytes:
    """Return the statement that reads what these services published first in a span, as
    much as came to `most` rows.
    """

    def each(template: LiteralString) -> sql.Composed:
        return sql.SQL(" UNION ALL ").join(
            sql.SQL(template).format(
                table=sql.Identifier(service, "outbox"),
                published=sql.SQL(PUBLISHED),
                most=most,
            )
            for service in services
        )

    return (
        sql.SQL(
            "WITH batch AS (SELECT published_at FROM ({moments}) every"
            " ORDER BY published_at LIMIT {most})"
            " SELECT * FROM ({told}) every ORDER BY published_at, id"
        )
        .format(moments=each(MOMENTS), told=each(TOLD), most=most)
        .as_bytes()
    )


#: Which outboxes are marked together is chance: of two dozen there are very many sets.
@lru_cache(maxsize=1024)
def marking(parts: tuple[tuple[LiteralString, str, str], ...]) -> bytes:
    """Return one statement of several: each is done to a service's outbox, to the rows of
    a name.
    """
    done = [
        sql.SQL("{} AS ({})").format(
            sql.Identifier(name),
            sql.SQL(statement).format(
                table=sql.Identifier(service, "outbox"), rows=sql.Placeholder(name)
            ),
        )
        for statement, service, name in parts
    ]
    lasts = any(statement is UPDATE for statement, _, _ in parts)
    last = sql.SQL("SELECT 1" if lasts else UNSAVED)
    return (sql.SQL("WITH ") + sql.SQL(", ").join(done) + sql.SQL(" ") + last).as_bytes()
