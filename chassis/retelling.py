"""What a broker that lost its data is told again for whoever reads the stream.

Every hearer has it, so it goes to the stream alone, and whenever nothing else waits: what
is new waits for none of it. How far that is stands with the broker, in a queue of one
message that nobody reads. A relay that dies is followed by one that goes on from there,
and says the last batch twice at most.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import pika
from pydantic import TypeAdapter
from pydantic_core import to_json

from chassis import amqp
from chassis.amqp import Link
from chassis.outboxes import Outboxes, Row
from chassis.queues import depths, shown

QUEUE = "doorstep.retelling"
#: The newest place takes the one before away.
ONE = {"x-max-length": 1}
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

    async def batch(self) -> list[Row]:
        """Return what comes next, which says that it is told again; nothing at the end."""
        until = self.span.until
        rows, self.reached = await self.outboxes.published(self.span.after, until)
        again = {"again": until.isoformat()}
        return [row._replace(envelope=row.envelope | again) for row in rows]

    def told(self) -> None:
        """Note that the broker has the last batch."""
        self.span = self.span._replace(after=self.reached)
        note(self.link, self.span)

    async def end(self) -> None:
        """Note that nothing is left. Raises AMQPError."""
        await self.link.ask(self.link.channel.queue_delete, queue=QUEUE)
        self.link.channel.close()


async def begin(link: Link, span: Span) -> None:
    """Have a span told again, by this relay or the next.

    Raises AMQPError, or TimeoutError when the broker does not take it.
    """
    own = await amqp.beside(link)
    await own.ask(own.channel.queue_declare, queue=QUEUE, durable=True, arguments=ONE)
    note(own, span)
    await shown(link, QUEUE)
    own.channel.close()


async def left(link: Link, outboxes: Outboxes) -> Retelling | None:
    """Return what is left to tell again, if anything is. Raises AMQPError."""
    (found,) = await depths(link, [QUEUE])
    if not found.messages:
        return None
    looking = await amqp.beside(link)
    body = await looking.ask(lambda callback: get(looking, callback))
    looking.channel.close()  # and with it the message is back where it was
    return Retelling(await amqp.beside(link), outboxes, SPAN.validate_json(body))


def get(link: Link, callback: Callable[[bytes], None]) -> None:
    """Have the message told, and leave it where it is until the channel is closed."""

    def got(_: Any, __: Any, ___: Any, body: bytes) -> None:
        callback(body)

    link.channel.basic_get(QUEUE, callback=got)


def note(link: Link, span: Span) -> None:
    link.channel.basic_publish("", QUEUE, to_json(span._asdict()), KEPT)
