"""Reading the broker's stream of all events: where one is in it, and what comes after.

A RabbitMQ stream over AMQP 0.9.1: every message carries its `x-stream-offset`, is
acknowledged only so that more come, and stays where it is. An offset alone does not say
of which stream it is: one that was made anew counts from 0 again, and one whose broker
lost power may count its last few numbers twice. So a position also holds a digest of what
stands there, and whoever goes on from it looks whether that is still so.
"""

import asyncio
import re
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple, Self

from pika.exceptions import AMQPError

from chassis.amqp import Link, finish
from chassis.topology import STREAM

#: Messages on their way. Seconds in which what stands at a position comes if it is there.
PREFETCH, SILENT_S = 500, 5.0
#: Seconds in which the last chunk begins to come, if there is one; of silence after which
#: it was whole; and how many pieces of a stream that never falls silent are enough.
BEGINS_S, WHOLE_S, PIECES = 1.0, 0.1, 50
#: 48 bits: that two events at the same offset share them is one in 3e14.
DIGEST_BYTES = 6

WRITTEN = re.compile(r"(0|[0-9a-f]{12})\.(-1|0|[1-9][0-9]{0,18})", re.ASCII)


class Position(NamedTuple):
    """A place in the stream, written `epoch.offset`: after the event that stands there.

    `epoch` is the digest of that event, so all readers agree on it without asking each
    other. Within one stream, positions are in the order of their offsets.
    """

    epoch: str
    offset: int

    @classmethod
    def of(cls, offset: int, body: bytes) -> Self:
        return cls(blake2b(body, digest_size=DIGEST_BYTES).hexdigest(), offset)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote. Raises ValueError."""
        found = WRITTEN.fullmatch(text)
        if not found or (found[1] == "0") is not (found[2] == "-1"):
            raise ValueError("not a position of the stream")
        return cls(found[1], int(found[2]))

    def __str__(self) -> str:
        return f"{self.epoch}.{self.offset}"


#: Before the first event there ever was.
START = Position("0", -1)


class Said(NamedTuple):
    """One message of the stream; its body is an `Envelope` as JSON."""

    position: Position
    body: bytes


@dataclass(frozen=True)
class Batch:
    """What came, in order.

    `anew`: what was asked to go on after is not in the stream, since that was made anew
    or has forgotten it by now. From this batch on it is read from the first event that it
    holds; there may be none yet.
    """

    said: list[Said]
    anew: bool = False


async def read(link: Link, after: Position = START) -> AsyncIterator[Batch]:
    """Yield what comes after a position, from what is there to what will be.

    Ends by raising AMQPError when the link is lost.
    """
    consumer = Consumer(link)
    await consumer.start(max(after.offset, 0))
    said = await consumer.take(None if after == START else SILENT_S)
    anew = not stands(after, said)
    if anew and (not said or said[0].position.offset <= after.offset):
        await consumer.stop()
        await consumer.start("first")
        said = []
    elif not anew and after != START:
        said = said[1:] or await consumer.take()
    while True:
        yield Batch(said, anew)
        said, anew = await consumer.take(), False


def stands(after: Position, said: list[Said]) -> bool:
    """Tell whether what was read from a position's offset on begins with its event."""
    if not said:
        return False
    return said[0].position.offset == 0 if after == START else said[0].position == after


async def read_from(link: Link, offset: int) -> AsyncIterator[Batch]:
    """Yield what stands at an offset, or the first that is still there, and what follows.

    Ends by raising AMQPError when the link is lost.
    """
    consumer = Consumer(link)
    await consumer.start(max(offset, 0))
    while True:
        yield Batch(await consumer.take())


async def newest(link: Link) -> int:
    """Return the offset of the last message by now, -1 when there is none.

    The count a broker tells of a stream is seconds old, and may say 0 of a full one.
    """
    consumer, last = Consumer(link), -1
    await consumer.start("last")  # the last chunk, and what comes
    said = await consumer.take(BEGINS_S)
    for _ in range(PIECES):
        if not said:
            break
        last = said[-1].position.offset
        said = await consumer.take(WHOLE_S)
    await consumer.stop()
    return last


class Consumer:
    """One consumer of the stream. What has come waits in it until it is taken."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.tag = ""
        self.last = 0
        self.waiting: list[Said] = []
        self.came = asyncio.Event()

    async def start(self, offset: int | str) -> None:
        """Begin at an offset, or at `first` or `last`. Raises AMQPError."""
        channel = self.link.channel
        channel.add_on_cancel_callback(lambda _: finish(self.link.lost))  # it was deleted
        await self.link.ask(channel.basic_qos, prefetch_count=PREFETCH)
        consuming = await self.link.ask(
            channel.basic_consume,
            queue=STREAM,
            on_message_callback=self.deliver,
            arguments={"x-stream-offset": offset},
        )
        self.tag = consuming.method.consumer_tag

    async def stop(self) -> None:
        """Take no more, and forget what has come. Raises AMQPError."""
        await self.link.ask(self.link.channel.basic_cancel, consumer_tag=self.tag)
        self.waiting = []
        self.came.clear()

    def deliver(self, _: Any, method: Any, properties: Any, body: bytes) -> None:
        offset = properties.headers["x-stream-offset"]
        self.waiting.append(Said(Position.of(offset, body), body))
        self.last = method.delivery_tag
        self.came.set()

    async def take(self, seconds: float | None = None) -> list[Said]:
        """Return what has come, once anything has; nothing after so many seconds.

        Raises AMQPError when the link is lost.
        """
        if not self.waiting:
            await self.wait(seconds)
        said, self.waiting = self.waiting, []
        self.came.clear()
        if said:
            self.link.channel.basic_ack(self.last, multiple=True)
        return said

    async def wait(self, seconds: float | None) -> None:
        came = asyncio.ensure_future(self.came.wait())
        either: set[asyncio.Future[Any]] = {came, self.link.lost}
        await asyncio.wait(either, timeout=seconds, return_when=FIRST_COMPLETED)
        came.cancel()
        if self.link.lost.done():
            raise AMQPError("the broker closed the connection")
