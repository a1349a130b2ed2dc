"""Reads the broker's stream of all events into the feed; comes back by itself."""

import asyncio
from collections.abc import AsyncIterator

from pika.exceptions import AMQPError

from chassis import amqp, logs, metrics, streams
from chassis.amqp import Link, WrongTopology
from chassis.logs import log
from chassis.settings import Settings
from chassis.streams import START, Batch
from gateway.feed import Feed
from gateway.telling import told

#: Seconds between tries.
AGAIN_S = 0.5


class Stream:
    """The one consumer of this process."""

    def __init__(self, settings: Settings, feed: Feed) -> None:
        self.settings, self.feed = settings, feed
        self.task: asyncio.Task[None] | None = None
        self.link: Link | None = None

    def start(self) -> None:
        """Begin to read; does not wait for the broker."""
        metrics.NEWEST_EVENT_AGE.set_function(self.feed.age)
        self.task = asyncio.create_task(self.read_forever())

    async def stop(self) -> None:
        if self.task:
            self.task.cancel()
            await asyncio.wait({self.task})

    async def read_forever(self) -> None:
        while True:
            try:
                await self.read()
            except (AMQPError, OSError) as error:
                log.warning("the feed waits for the broker: %s", type(error).__name__)
            except WrongTopology as error:  # somebody will mend it while we run
                log.error("the feed waits for the broker: %s", error)
            except Exception as error:  # else it would look live, and be silent
                logs.failed("reading the stream", error)
            await asyncio.sleep(AGAIN_S)

    async def read(self) -> None:
        """Read until the connection is lost, then raise; or until it is another stream.

        That one is then read as by a process that has just started: the end of it.
        """
        self.link = link = await amqp.connect(self.settings)
        try:
            await amqp.declare(link)
            end = await streams.newest(link)
            self.feed.know_end(end)
            async for batch in self.batches(link, end):
                if batch.anew:
                    log.warning("the broker's stream is another one: we begin anew")
                    self.feed.begin_anew()
                    return
                self.feed.take(told(each) for each in batch.said)
                self.feed.know_end(end)
        finally:
            await link.close()

    def batches(self, link: Link, end: int) -> AsyncIterator[Batch]:
        """Return what comes after what we have; the newest that fit if we have nothing."""
        if self.feed.last == START:
            return streams.read_from(link, end - self.feed.size + 1)
        return streams.read(link, self.feed.last)
