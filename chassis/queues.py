"""How much waits in the broker's queues, asked over a connection that is there already."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pika.exceptions import AMQPError

from chassis import amqp
from chassis.amqp import Link
from chassis.topology import LANES, SERVICES, STREAM, commands_queue, queue

#: Every queue that a message of ours may wait in. The stream is read and not consumed.
NAMES = (
    *(queue(service, lane) for service in SERVICES for lane in LANES),
    *(commands_queue(service) for service in SERVICES),
    STREAM,
)
NOT_FOUND = 404
PATIENCE_S = 2.0
#: Seconds in which a broker that took a message shows it, and between two looks.
SHOWN_S, LOOK_S = 5.0, 0.1


@dataclass(frozen=True)
class Depth:
    """Messages that wait in a queue, and who consumes it. None where there is no queue."""

    name: str
    messages: int | None
    consumers: int | None


async def depths(link: Link, names: Sequence[str] = NAMES) -> list[Depth]:
    """Return what waits in these queues, in the order they were named.

    Over a channel of its own: the broker closes one that asks for a queue which is not
    there. Raises AMQPError or TimeoutError when the broker does not answer in time.
    """
    found: list[Depth] = []
    async with asyncio.timeout(PATIENCE_S):
        own = await amqp.beside(link)
        try:
            for name in names:
                found.append(await depth(own, name))
                if found[-1].messages is None:
                    own = await amqp.beside(link)
        finally:
            if own.channel.is_open:
                own.channel.close()
    return found


async def shown(link: Link, name: str) -> None:
    """Return when a message lies in a queue. Raises AMQPError or TimeoutError."""
    async with asyncio.timeout(SHOWN_S):
        while not (await depths(link, [name]))[0].messages:
            await asyncio.sleep(LOOK_S)


async def depth(link: Link, name: str) -> Depth:
    try:
        told = await link.ask(link.channel.queue_declare, queue=name, passive=True)
    except AMQPError:
        if link.why is None or link.why.reply_code != NOT_FOUND:
            raise
        return Depth(name, None, None)
    return Depth(name, told.method.message_count, told.method.consumer_count)
