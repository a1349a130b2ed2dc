"""The relay: takes committed events from the outboxes to the broker, in order.

One relay is active per outbox, by an advisory lock of PostgreSQL; others stand by. It
polls (a NOTIFY in every transaction would halve the commit rate), publishes a batch,
waits once for its confirms, and marks it only then.
"""

import asyncio
import json
import signal
import zlib
from collections.abc import Sequence
from typing import Any, LiteralString

import pika
import psycopg
from pika.exceptions import AMQPError
from psycopg import sql

from chassis import amqp, clock, logs, ready
from chassis.amqp import Link
from chassis.settings import Settings, settings
from chassis.topology import EVENTS, SERVICES

POLL_S, BATCH, CONFIRM_S, AGAIN_S = 0.02, 200, 10.0, 1.0

Row = tuple[int, dict[str, Any]]


def run() -> None:
    """Relay until SIGTERM. Waits for broker and database, however long they take."""
    found = settings()
    logs.start(found.log_level)
    with asyncio.Runner() as runner:
        runner.run(forever(found))


async def forever(found: Settings) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    while True:
        try:
            await relay(found)
        except asyncio.CancelledError:
            return
        except (OSError, AMQPError, psycopg.Error, TimeoutError) as error:
            logs.log.warning("relay waits: %s", type(error).__name__)
            ready.no()
            await asyncio.sleep(AGAIN_S)


async def relay(found: Settings) -> None:
    """Carry events until the broker or the database is lost, then raise."""
    link = await amqp.connect(found)
    try:
        await amqp.declare(link)
        publisher = Publisher(link)
        await publisher.start()
        database = await psycopg.AsyncConnection.connect(
            found.database_url, autocommit=True, connect_timeout=3
        )
        async with database:
            await carry(Outboxes(database, SERVICES), publisher)
    finally:
        await link.close()


async def carry(outboxes: "Outboxes", publisher: "Publisher") -> None:
    await outboxes.lock()
    ready.yes()
    while True:
        carried = 0
        for schema in await outboxes.waiting():
            rows = await outboxes.read(schema)
            await publisher.publish(rows)
            await outboxes.mark(schema, [number for number, _ in rows])
            carried += len(rows)
            logs.said("relayed", service=schema, count=len(rows))
        if not carried:
            await asyncio.sleep(POLL_S)
        if publisher.link.lost.done():
            raise AMQPError("the broker closed the connection")


class Outboxes:
    """The unpublished rows of the services whose outbox this relay holds the lock of."""

    def __init__(self, database: psycopg.AsyncConnection, services: Sequence[str]) -> None:
        self.database, self.services = database, services

    async def lock(self) -> None:
        """Become the active relay of every outbox; wait while another one is."""
        for service in self.services:
            number = zlib.crc32(f"doorstep outbox {service}".encode())
            await self.database.execute("SELECT pg_advisory_lock(%s)", (number,))

    async def waiting(self) -> list[str]:
        """Return the schemas that have something to say."""
        each: LiteralString = (
            "SELECT {name} WHERE EXISTS (SELECT FROM {table} WHERE published_at IS NULL)"
        )
        query = sql.SQL(" UNION ALL ").join(
            sql.SQL(each).format(name=service, table=sql.Identifier(service, "outbox"))
            for service in self.services
        )
        cursor = await self.database.execute(query)
        return [row[0] for row in await cursor.fetchall()]

    async def read(self, schema: str) -> list[Row]:
        """Return the oldest unpublished events, by the partial index."""
        query = sql.SQL(
            "SELECT id, envelope FROM {} WHERE published_at IS NULL ORDER BY id LIMIT {}"
        ).format(sql.Identifier(schema, "outbox"), BATCH)
        cursor = await self.database.execute(query)
        return await cursor.fetchall()

    async def mark(self, schema: str, numbers: list[int]) -> None:
        query = sql.SQL("UPDATE {} SET published_at = %s WHERE id = ANY(%s)").format(
            sql.Identifier(schema, "outbox")
        )
        await self.database.execute(query, (clock.now(), numbers))


class Publisher:
    """Publishes batches with confirms: one wait a batch, then all or an error."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.sent = 0
        self.unconfirmed: set[int] = set()
        self.refused = False
        self.heard = asyncio.Event()
        link.lost.add_done_callback(self.came_back)

    async def start(self) -> None:
        """Turn confirms on."""
        channel = self.link.channel
        channel.add_on_return_callback(self.came_back)
        await self.link.ask(
            lambda callback: channel.confirm_delivery(self.confirm, callback=callback)
        )

    def confirm(self, frame: Any) -> None:
        """Take one confirm: of a single message, or of all up to it."""
        tag = frame.method.delivery_tag
        self.refused |= isinstance(frame.method, pika.spec.Basic.Nack)
        if frame.method.multiple:
            self.unconfirmed = {later for later in self.unconfirmed if later > tag}
        else:
            self.unconfirmed.discard(tag)
        self.heard.set()

    def came_back(self, *_: object) -> None:
        """No queue took it, not even the stream; or the connection is lost."""
        self.refused = True
        self.heard.set()

    async def publish(self, rows: list[Row]) -> None:
        """Publish, and return when the broker has all of it.

        Raises AMQPError when it refuses one, TimeoutError when it does not say: the
        connection is then thrown away, and the rows come again.
        """
        for _, envelope in rows:
            self.sent += 1
            self.unconfirmed.add(self.sent)
            self.link.channel.basic_publish(
                EVENTS,
                envelope["type"],
                json.dumps(envelope, ensure_ascii=False).encode(),
                pika.BasicProperties(
                    content_type="application/json",
                    content_encoding="utf-8",
                    delivery_mode=2,
                    message_id=envelope["id"],
                ),
                mandatory=True,
            )
        async with asyncio.timeout(CONFIRM_S):
            while self.unconfirmed and not self.refused:
                self.heard.clear()
                await self.heard.wait()
        if self.refused:
            raise AMQPError("the broker refused an event, or is gone")
