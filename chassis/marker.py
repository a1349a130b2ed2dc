"""How the relay knows a broker that has lost what it had.

A durable queue that nobody reads, with one message in it that is kept on disk. A broker
without it has begun from nothing, or never was ours: what was published to the one before
may never have been heard.
"""

import pika

from chassis import amqp
from chassis.amqp import Link
from chassis.queues import depths, shown

QUEUE = "doorstep.marker"


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
    await shown(link, QUEUE)
    own.channel.close()
