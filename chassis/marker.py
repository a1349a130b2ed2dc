"""How the relay knows a broker that has lost what it had.

A durable queue that nobody reads, with one message in it that is kept on disk. A broker
without it has begun from nothing, or never was ours: what was published to the one before
may never have been heard.
"""

import asyncio

import pika

from chassis import amqp
from chassis.amqp import Link
from chassis.queues import depths

QUEUE = "doorstep.marker"
#: Seconds in which a broker that took the mark shows it, and between two looks.
SHOWN_S, LOOK_S = 5.0, 0.1


async def stands(link: Link) -> bool:
    """Tell whether the broker is the one that we have marked. Raises AMQPError."""
    (found,) = await depths(link, [QUEUE])
    return bool(found.messages)


async def leave(link: Link) -> None:
    """Mark the broker. Raises AMQPError or TimeoutError when it does not take it."""
    own = await amqp.beside(link)
    await own.ask(own.channel.queue_declare, queue=QUEUE, durable=True)
    own.channel.basic_publish(
        "",
        QUEUE,
        b"",
        pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent.value),
    )
    async with asyncio.timeout(SHOWN_S):
        while not await stands(link):
            await asyncio.sleep(LOOK_S)
    own.channel.close()
