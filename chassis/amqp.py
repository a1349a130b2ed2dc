"""One AMQP connection of pika's on asyncio, with futures instead of callbacks.

Gateway and relay speak to the broker through this and nothing else; whoever gets an
error from it throws the connection away and makes a new one.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.channel import Channel
from pika.exceptions import AMQPError

from chassis import topology
from chassis.settings import Settings

#: Seconds. A frozen broker is noticed after two heartbeats, a memory alarm after five.
HEARTBEAT_S, BLOCKED_S, CONNECT_S = 10, 5, 5

Done = asyncio.Future[None]


class Link:
    """An open connection with one channel.

    `lost` is done when either is gone, `closed` when the connection is.
    """

    def __init__(self, connection: AsyncioConnection, closed: Done) -> None:
        self.connection, self.closed = connection, closed
        self.lost: Done = asyncio.get_running_loop().create_future()
        self.channel: Channel
        closed.add_done_callback(lambda _: finish(self.lost))

    async def ask(self, method: Callable[..., Any], **arguments: Any) -> Any:
        """Call a method of the channel and return the broker's answer.

        Raises AMQPError when the connection is lost before it.
        """
        answered = asyncio.get_running_loop().create_future()
        method(**arguments, callback=lambda *frame: finish(answered, *frame))
        await asyncio.wait({answered, self.lost}, return_when="FIRST_COMPLETED")
        if not answered.done():
            answered.cancel()
            raise AMQPError("the broker closed the connection")
        return answered.result()

    async def close(self) -> None:
        """Close, and wait until it is closed."""
        if self.connection.is_open:
            self.connection.close()
        await asyncio.wait({self.closed}, timeout=CONNECT_S)


async def connect(settings: Settings) -> Link:
    """Open a connection and a channel. Raises AMQPError or OSError when it cannot."""
    loop = asyncio.get_running_loop()
    opened: Done = loop.create_future()
    closed: Done = loop.create_future()
    connection = AsyncioConnection(
        parameters(settings),
        on_open_callback=lambda _: finish(opened),
        on_open_error_callback=lambda _, why: fail(opened, why),
        on_close_callback=lambda _, __: finish(closed),
    )
    try:
        await asyncio.wait_for(opened, CONNECT_S)
    except TimeoutError:
        connection.add_on_open_callback(lambda late: late.close())
        raise AMQPError(f"no answer in {CONNECT_S} s") from None
    link = Link(connection, closed)
    link.channel = await link.ask(
        lambda callback: connection.channel(on_open_callback=callback)
    )
    link.channel.add_on_close_callback(lambda *_: finish(link.lost))
    return link


async def declare(link: Link) -> None:
    """Declare the whole topology. Raises AMQPError where the broker has another."""
    channel, durable = link.channel, {"durable": True}
    for exchange in (topology.EVENTS, topology.COMMANDS):
        await link.ask(
            channel.exchange_declare,
            exchange=exchange,
            exchange_type="topic",
            **durable,
        )
    await link.ask(channel.queue_declare, queue=topology.UNDECODABLE, **durable)
    arguments = topology.STREAM_ARGUMENTS
    await declare_queue(link, topology.STREAM, arguments, ("#",))
    for service in topology.HEARS:
        await declare_queue(
            link,
            topology.queue(service),
            topology.QUEUE_ARGUMENTS,
            topology.topics(service),
        )


async def declare_queue(
    link: Link, name: str, arguments: dict[str, Any], keys: tuple[str, ...]
) -> None:
    channel = link.channel
    await link.ask(channel.queue_declare, queue=name, durable=True, arguments=arguments)
    for key in keys:
        await link.ask(
            channel.queue_bind, queue=name, exchange=topology.EVENTS, routing_key=key
        )


def parameters(settings: Settings) -> pika.URLParameters:
    """Read AMQP_URI as kombu does: `//` at its end is the virtual host `/`."""
    found = pika.URLParameters(settings.amqp_uri)
    found.virtual_host = settings.vhost
    found.heartbeat = HEARTBEAT_S
    found.blocked_connection_timeout = BLOCKED_S
    found.socket_timeout = found.stack_timeout = CONNECT_S
    return found


def finish(future: "asyncio.Future[Any]", *frame: Any) -> None:
    if not future.done():
        future.set_result(frame[0] if frame else None)


def fail(future: "asyncio.Future[Any]", why: Any) -> None:
    if not future.done():
        future.set_exception(why if isinstance(why, BaseException) else AMQPError(why))
