"""The relay: takes committed events from the outboxes to the broker, in order.

One relay is active, by advisory locks of PostgreSQL; others stand by, and look ten times
a second. It polls (a NOTIFY in every transaction would halve the commit rate), publishes
what is urgent first, waits once a batch for its confirms, and marks it only then. A relay
that freezes loses its locks with its session: the database ends one that is silent for
longer than a second.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pika
import psycopg
from pika.exceptions import AMQPError
from prometheus_client import REGISTRY
from psycopg.types.json import set_json_loads
from pydantic_core import from_json, to_json

from chassis import amqp, clock, logs, marker, metrics, probes, ready
from chassis.amqp import Link
from chassis.backlog import Backlog
from chassis.database import NOTICES, ONE_PLAN
from chassis.forever import forever as work_forever
from chassis.housekeeping import KEPT_DAYS
from chassis.outboxes import BATCH, Batch, Outboxes, Row, loads
from chassis.retelling import Retelling, begin, left
from chassis.settings import Settings, settings
from chassis.ticks import LATELY
from chassis.topology import EVENTS, SERVICES, STREAM, routing_key

POLL_S, CONFIRM_S, STAND_BY_S = 0.02, 10.0, 0.1
#: Nothing that was said before this is said again: inboxes may not know it any more.
RETAINED = timedelta(days=KEPT_DAYS["outbox"])
#: The lane of what is told to the stream alone.
AGAIN = "again"
LOSSES = (OSError, AMQPError, psycopg.Error, TimeoutError)
#: Milliseconds of silence after which the database gives our locks to another relay: of
#: nothing asked, or of nothing taken from what it sends. The second one is TCP's; without
#: it a relay that freezes amid a long answer would keep its locks until it thaws.
SILENT_MS = 1_000
SESSION = (
    f"-cidle_session_timeout={SILENT_MS} -ctcp_user_timeout={SILENT_MS}"
    f" -cstatement_timeout=10000 -cplan_cache_mode={ONE_PLAN}"
)


def run() -> None:
    """Relay until SIGTERM. Waits for broker and database, however long they take."""
    found = settings()
    logs.start(found.log_level)
    REGISTRY.register(Backlog(found.database_url))
    with probes.served(found.status_port, found.http_host), asyncio.Runner() as runner:
        runner.run(forever(found))


def forever(found: Settings) -> Coroutine[Any, Any, None]:
    """Relay until SIGTERM, and come back after every loss."""
    return work_forever("relay", partial(relay, found), LOSSES)


async def relay(found: Settings) -> None:
    """Carry events until the broker or the database is lost, then raise."""
    link = await amqp.connect(found)
    try:
        await amqp.declare(link)
        await amqp.probe(link)
        publisher = Publisher(link)
        await publisher.start()
        database = await psycopg.AsyncConnection.connect(
            found.database_url,
            autocommit=True,
            options=SESSION,
            **NOTICES,
        )
        set_json_loads(from_json, database)
        async with database:
            outboxes = Outboxes(database, SERVICES)
            await either(outboxes.stay(), carry(outboxes, publisher))
    finally:
        await link.close()


async def either(*works: Coroutine[Any, Any, None]) -> None:
    """Do these side by side until one of them fails, then raise what it raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
        done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def carry(outboxes: Outboxes, publisher: "Publisher") -> None:
    """Stand by until no other relay is active, then carry for as long as we can."""
    while not await outboxes.lock():
        ready.yes()
        await pause(publisher, STAND_BY_S)
    logs.log.info("relay is active")
    await outboxes.forget_ticks(clock.now() - LATELY)
    await say_again(outboxes, publisher.link)
    retelling = await left(publisher.link, outboxes)
    while True:
        ready.yes()
        batches = await outboxes.read()
        for number, load in enumerate(loads(batches)):
            if number and load[0].lane == "normal":  # what has become urgent goes first
                for hurried in loads(await outboxes.read(["urgent"])):
                    await take(outboxes, publisher, hurried)
            await take(outboxes, publisher, load)
        more = any(len(batch.rows) == BATCH for batch in batches)
        if retelling and not more and retelling.is_due:
            retelling = retelling if await tell_again(retelling, publisher) else None
        await pause(publisher, 0 if more else POLL_S)


async def say_again(outboxes: Outboxes, link: Link) -> None:
    """Have all said again that a broker which lost its data may have taken with it.

    First of all what a hearer lacks; then, to the stream and whenever nothing else waits,
    what was published within a day before. Whoever heard it knows it by its inbox. The
    broker is marked once that is sure to be done: a relay that dies before begins anew.
    """
    if await marker.stands(link):
        return
    if count := await outboxes.unmark(clock.now() - RETAINED):
        logs.log.warning("the broker lost its data: %d events are said again", count)
    await begin(link, outboxes)
    await marker.leave(link)


async def tell_again(retelling: Retelling, publisher: "Publisher") -> bool:
    """Tell the stream one batch of what it has lost; False when there is no more."""
    if rows := await retelling.batch():
        await publisher.publish(rows, AGAIN)
        retelling.told()
        return True
    await retelling.end()
    logs.log.warning("the stream was told again what it had lost")
    return False


async def pause(publisher: "Publisher", seconds: float) -> None:
    """Wait. Raises AMQPError when the broker is lost meanwhile."""
    await asyncio.sleep(seconds)
    if publisher.link.lost.done():
        raise AMQPError("the broker closed the connection")


async def take(outboxes: Outboxes, publisher: "Publisher", load: Sequence[Batch]) -> None:
    """Publish batches of one lane together, and mark them."""
    await publisher.publish([row for batch in load for row in batch.rows], load[0].lane)
    await outboxes.mark(load)
    for batch in load:
        metrics.RELAYED.labels(batch.service, batch.lane).inc(len(batch.rows))
        if told := len(batch.events):
            logs.said("relayed", service=batch.service, count=told)


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

    async def publish(self, rows: Sequence[Row], lane: str) -> None:
        """Publish, and return when the broker has all of it.

        Raises AMQPError when it refuses one, TimeoutError when it does not say: the
        connection is then thrown away, and the rows come again.
        """
        for row in rows:
            self.sent += 1
            self.unconfirmed.add(self.sent)
            self.send(row, lane)
        async with asyncio.timeout(CONFIRM_S):
            while self.unconfirmed and not self.refused:
                self.heard.clear()
                await self.heard.wait()
        if self.refused:
            raise AMQPError("the broker refused an event, or is gone")

    def send(self, row: Row, lane: str) -> None:
        """Hand a row to the broker: an event for good, a tick for as long as it tells."""
        envelope = row.envelope | {"sequence": row.sequence or 0}
        tells_ms = str(int(LATELY.total_seconds() * 1000)) if row.is_tick else None
        to = ("", STREAM) if lane == AGAIN else (EVENTS, routing_key(row.topic, lane))
        self.link.channel.basic_publish(
            *to,
            to_json(envelope),
            pika.BasicProperties(
                content_type="application/json",
                content_encoding="utf-8",
                delivery_mode=1 if row.is_tick else 2,
                expiration=tells_ms,
                message_id=envelope["id"],
            ),
            mandatory=True,
        )
