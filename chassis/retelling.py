"""What a broker that lost its data is told again for whoever reads the stream.

Every hearer has it, so it goes to the stream alone, and whenever nothing else waits: what
is new waits for none of it. How far that is stands with the broker, in a queue of one
message that nobody reads, and that is there until all is told. A relay that dies is
followed by one that goes on from there; where the broker has lost what stood there, by
one that begins anew.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pika
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from chassis import amqp, clock, logs
from chassis.amqp import Link
from chassis.outboxes import Outboxes, Row
from chassis.queues import depths, shown

QUEUE = "doorstep.retelling"
#: The newest place takes the one before away.
ONE = {"x-max-length": 1}
#: Nobody who reads the stream is further behind than this.
LATELY = timedelta(days=1)
#: Seconds between two batches: a reader who takes no more than that is ended as too slow.
PACE_S = 0.25
KEPT = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent.value)


class Span(NamedTuple):
    """What is left to tell: published after a moment, and until the broker was new."""

    after: datetime
    until: datetime


SPAN = TypeAdapter(Span)


class Retelling:
    """Tells a span of the outboxes batch by batch; `link` has a channel of its own."""

    def __init__(self, link: Link, outboxes: Outboxes, span: Span) -> None:
        self.link, self.outboxes, self.span = link, outboxes, span
        self.next_at = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Whether it is time for another batch."""
        return time.monotonic() >= self.next_at

    async def batch(self) -> list[Row]:
        """Return what comes next, which says when it is told again; nothing at the end."""
        self.next_at = time.monotonic() + PACE_S
        rows, self.reached = await self.outboxes.published(*self.span)
        again = {"again": clock.now().isoformat()}
        return [row._replace(envelope=row.envelope | again) for row in rows]

    def told(self) -> None:
        """Note that the broker has the last batch. It may lose the note: then some of it,
        or all, is told once more.
        """
        self.span = self.span._replace(after=self.reached)
        note(self.link, self.span)

    async def end(self) -> None:
        """Note that nothing is left. Raises AMQPError."""
        await self.link.ask(self.link.channel.queue_delete, queue=QUEUE)
        self.link.channel.close()


async def begin(link: Link, outboxes: Outboxes) -> bool:
    """Have told again what was published within the last day that anything was, by this
    relay or the next; False when nothing ever was.

    Raises AMQPError, or TimeoutError when the broker does not take it.
    """
    newest = await outboxes.newest()
    if newest is None:
        return False
    own = await amqp.beside(link)
    await own.ask(own.channel.queue_declare, queue=QUEUE, durable=True, arguments=ONE)
    note(own, Span(min(newest, clock.now()) - LATELY, newest))
    await shown(link, QUEUE)
    own.channel.close()
    return True


async def left(link: Link, outboxes: Outboxes) -> Retelling | None:
    """Return what is left to tell again, if anything is.

    The queue without a place in it that can be read is one whose place was lost. Raises
    AMQPError, or TimeoutError when the broker does not take another one.
    """
    (found,) = await depths(link, [QUEUE])
    if found.messages is None:
        return None
    if found.messages:
        looking = await amqp.beside(link)
        body = await looking.ask(lambda callback: get(looking, callback))
        looking.channel.close()  # and with it the message is back where it was
        try:
            return Retelling(await amqp.beside(link), outboxes, SPAN.validate_json(body))
        except ValidationError:
            logs.log.error("cannot read how far the stream was told again")
    return await left(link, outboxes) if await begin(link, outboxes) else None


def get(link: Link, callback: Callable[[bytes], None]) -> None:
    """Have the message told, and leave it where it is until the channel is closed."""

    def got(_: Any, __: Any, ___: Any, body: bytes) -> None:
        callback(body)

    link.channel.basic_get(QUEUE, callback=got)


def note(link: Link, span: Span) -> None:
    link.channel.basic_publish("", QUEUE, to_json(span._asdict()), KEPT)
