"""The process: waits for broker, database and lock, and reads until one of them is lost."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Self, TypeVar

from pika.exceptions import AMQPError
from sqlalchemy.exc import DBAPIError

from chassis import amqp, logs, probes, ready, streams
from chassis.amqp import Link
from chassis.effects import DatabaseAway
from chassis.forever import forever
from chassis.heads import wait_for_head
from chassis.settings import Settings, settings
from chassis.streams import Position
from services.oversight.projector.numbers import BEHIND
from services.oversight.projector.views import SCHEMA, Held, Moved, Views

AThing = TypeVar("AThing")

#: Seconds between looks at a lock, and between words when all is quiet.
STAND_BY_S, STAY_S = 0.5, 1.0
LOSSES = (OSError, AMQPError, DBAPIError, DatabaseAway, TimeoutError, Moved)
#: Seconds that what comes after a batch is waited for, unless it was of so many events: a
#: transaction for each would be most of its cost, and nobody sees a board move faster.
GATHER_S, MANY = 0.1, 100


def run() -> None:
    """Project until SIGTERM. Waits for broker and database, however long they take."""
    found = settings()
    logs.start(found.log_level)
    with probes.served(found.status_port, found.http_host):
        wait_for_head(found.database_url, [SCHEMA])
        with asyncio.Runner() as runner:
            runner.run(forever("projector", partial(project, found), LOSSES, BEHIND.waits))


async def project(found: Settings) -> None:
    """Project until the broker or the database is lost, then raise."""
    link = await amqp.connect(found)
    try:
        await amqp.declare(link)
        await amqp.probe(link)
        async with Projector(Views(found.database_url)) as projector:
            await projector.stand_by(link)
            await projector.follow(link)
    finally:
        await link.close()


class Projector:
    """Drives the views from the stream; the database has a thread of its own."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self.thread = ThreadPoolExecutor(1)

    async def __aenter__(self) -> Self:
        try:
            await self.does(self.views.open)
        except BaseException:
            self.thread.shutdown()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.does(self.views.close)  # after what is under way
        finally:
            self.thread.shutdown()

    async def does(self, work: Callable[..., AThing], *given: Any) -> AThing:
        """Do it in the thread, one after the other."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.thread, work, *given)

    async def at_rest(self, work: Callable[..., AThing], *given: Any) -> AThing:
        """Do it once nobody makes the views anew."""
        while True:
            try:
                return await self.does(work, *given)
            except Held:
                BEHIND.waits()
                ready.progress()
                await asyncio.sleep(STAND_BY_S)

    async def stand_by(self, link: Link) -> None:
        """Return when no other projector is active. Raises AMQPError with the link."""
        while not await self.does(self.views.lock):
            ready.yes()
            if link.lost.done():
                raise AMQPError("the broker closed the connection")
            await asyncio.sleep(STAND_BY_S)

    async def follow(self, link: Link) -> None:
        """Apply what the stream holds, and then each batch as it comes."""
        at = await self.at_rest(self.views.begin)
        batches = streams.read(link, Position.parse(at.position))
        coming = asyncio.ensure_future(anext(batches))
        try:
            while True:
                ready.yes()
                await asyncio.wait({coming}, timeout=STAY_S)
                if not coming.done():
                    await self.does(self.views.stay)
                    BEHIND.read_all()
                    continue
                batch = coming.result()
                at = await self.at_rest(self.views.take, at, batch)
                if len(batch.said) < MANY:
                    await asyncio.sleep(GATHER_S)
                coming = asyncio.ensure_future(anext(batches))
        finally:
            coming.cancel()
            await asyncio.wait({coming})
