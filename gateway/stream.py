"""Reads the broker's stream of all events into the feed; comes back by itself.

A RabbitMQ stream over AMQP 0.9.1: every message carries its `x-stream-offset`, is
acknowledged only so that more come, and stays where it is.
"""

import asyncio
import json
from typing import Any
from uuid import UUID

from pika.exceptions import AMQPError

from chassis import amqp
from chassis.amqp import Link, WrongTopology
from chassis.logs import log
from chassis.settings import Settings
from chassis.topology import STREAM
from gateway.feed import Feed, Told
from proto.base import Envelope
from proto.unsealed import unsealed

#: What is read again after a start or a lost connection; the feed knows what it has.
PAST = "1h"
#: Messages on their way; seconds between tries; seconds the past takes to arrive.
PREFETCH, AGAIN_S, CATCH_UP_S = 500, 0.5, 5.0


class Stream:
    """The one consumer of this process."""

    def __init__(self, settings: Settings, feed: Feed) -> None:
        self.settings, self.feed = settings, feed
        self.task: asyncio.Task[None] | None = None
        self.link: Link | None = None

    def start(self) -> None:
        """Begin to read; does not wait for the broker."""
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
            await asyncio.sleep(AGAIN_S)

    async def read(self) -> None:
        """Read until the connection is lost."""
        self.link = link = await amqp.connect(self.settings)
        try:
            await amqp.declare(link)
            await self.consume(link)
            await asyncio.wait({link.lost}, timeout=CATCH_UP_S)
            self.feed.caught_up = True
            await asyncio.wait({link.lost})
        finally:
            self.feed.caught_up = False
            await link.close()

    async def consume(self, link: Link) -> None:
        await link.ask(link.channel.basic_qos, prefetch_count=PREFETCH)
        await link.ask(
            link.channel.basic_consume,
            queue=STREAM,
            on_message_callback=self.deliver,
            arguments={"x-stream-offset": PAST},
        )

    def deliver(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        """Take one message. What cannot be read is noted and passed over."""
        try:
            if told := read_event(properties.headers["x-stream-offset"], body):
                self.feed.take(told)
        except (ValueError, KeyError, TypeError) as error:
            log.error("cannot read an event of the stream: %s", type(error).__name__)
        channel.basic_ack(method.delivery_tag)


def read_event(offset: int, body: bytes) -> Told | None:
    """Return an event that belongs to a visit, or None. Raises ValueError."""
    envelope = Envelope.model_validate_json(body)
    if "visit_id" not in envelope.data:
        return None
    open_data = unsealed(envelope.data)
    shown = envelope.model_copy(update={"data": open_data}).model_dump(
        mode="json", exclude={"by"}
    )
    return Told(
        offset=offset,
        event_id=envelope.id,
        topic=envelope.type,
        visit_id=UUID(envelope.data["visit_id"]),
        data=json.dumps(shown, ensure_ascii=False),
    )
