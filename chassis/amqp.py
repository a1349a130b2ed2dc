"""One AMQP connection of pika's on asyncio, with futures instead of callbacks.

Gateway and relay speak to the broker through this and nothing else; whoever gets an
error from it throws the connection away and makes a new one.
"""

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import Callable
from typing import Any

import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.channel import Channel
from pika.exceptions import AMQPError, ChannelClosedByBroker

from chassis import topology
from chassis.settings import Settings

#: Seconds. A frozen broker is noticed after two heartbeats, a memory alarm after five.
HEARTBEAT_S, BLOCKED_S, CONNECT_S, ANSWER_S = 10, 5, 5, 5

#: RabbitMQ's word for "I have this, and it is not what you say".
PRECONDITION_FAILED = 406

Done = asyncio.Future[None]


class WrongTopology(Exception):
    """The broker has an exchange or queue of ours with other properties."""


class Connection(AsyncioConnection):  # type: ignore[misc]
    """pika's connection, which writes whatever we say at once in one piece.

    It would hand each frame to the system by itself: three for every message, and one for
    every acknowledgement.
    """

    def __init__(self, *words: Any, **more: Any) -> None:
        self.said = bytearray()
        super().__init__(*words, **more)

    def _adapter_emit_data(self, data: bytes) -> None:
        if not self.said:
            asyncio.get_running_loop().call_soon(self.speak)
        self.said += data

    def speak(self) -> None:
        """Write what was said since, unless the connection was lost meanwhile."""
        said, self.said = bytes(self.said), bytearray()
        if self._transport is not None:
            super()._adapter_emit_data(said)


class Link:
    """An open connection with one channel.

    `lost` is done when either is gone, `closed` when the connection is.
    """

    def __init__(self, connection: Connection, closed: Done) -> None:
        self.connection, self.closed = connection, closed
        self.lost: Done = asyncio.get_running_loop().create_future()
        self.channel: Channel
        self.why: ChannelClosedByBroker | None = None
        closed.add_done_callback(self.connection_closed)

    async def ask(self, method: Callable[..., Any], **arguments: Any) -> Any:
        """Call a method of the channel and return the broker's answer.

        Raises AMQPError when the connection is lost before it, or it does not come: a
        broker that has just started may never answer what was asked of a stream.
        """
        answered = asyncio.get_running_loop().create_future()
        method(**arguments, callback=lambda *frame: finish(answered, *frame))
        either = {answered, self.lost}
        await asyncio.wait(either, timeout=ANSWER_S, return_when=FIRST_COMPLETED)
        if answered.done():
            return answered.result()
        answered.cancel()
        self.refuse_other_topology()
        gone = "closed the connection" if self.lost.done() else "does not answer"
        raise AMQPError(f"the broker {gone}")

    def refuse_other_topology(self) -> None:
        """Raises WrongTopology when the channel was closed for that (406)."""
        if self.why is not None and self.why.reply_code == PRECONDITION_FAILED:
            raise WrongTopology(
                f"{self.why.reply_text}; remove that queue or exchange from the broker, "
                "or give us another virtual host, then start again"
            )

    def connection_closed(self, _: Done) -> None:
        finish(self.lost)

    def channel_closed(self, _: Channel, why: Exception) -> None:
        self.closed.remove_done_callback(self.connection_closed)  # it may live for long
        self.why = why if isinstance(why, ChannelClosedByBroker) else None
        finish(self.lost)

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
    connection = Connection(
        parameters(settings),
        on_open_callback=lambda _: finish(opened),
        on_open_error_callback=lambda _, why: fail(opened, why),
        on_close_callback=lambda _, __: finish(closed),
    )
    try:
        async with asyncio.timeout(CONNECT_S):  # wait_for loses a cancellation
            await opened
    except TimeoutError:
        connection.add_on_open_callback(lambda late: late.close())
        raise AMQPError(f"no answer in {CONNECT_S} s") from None
    return await with_channel(Link(connection, closed))


async def beside(link: Link) -> Link:
    """Return a link with a channel of its own over the same connection.

    What closes it leaves the other one open. Raises AMQPError.
    """
    return await with_channel(Link(link.connection, link.closed))


async def with_channel(link: Link) -> Link:
    link.channel = await link.ask(
        lambda callback: link.connection.channel(on_open_callback=callback)
    )
    link.channel.add_on_close_callback(link.channel_closed)
    return link


async def declare(link: Link) -> None:
    """Declare the whole topology. Raises WrongTopology where the broker has another."""
    channel = link.channel
    for exchange in (topology.EVENTS, topology.COMMANDS):
        await link.ask(
            channel.exchange_declare,
            exchange=exchange,
            exchange_type="topic",
            durable=True,
        )
    await declare_queue(
        link, topology.STREAM, topology.STREAM_ARGUMENTS, topology.STREAM_KEYS
    )
    for service in topology.SERVICES:
        for lane in topology.LANES:
            name, keys = topology.queue(service, lane), topology.keys(service, lane)
            await declare_queue(link, name, topology.QUEUE_ARGUMENTS, keys)


async def declare_queue(
    link: Link, name: str, arguments: dict[str, Any], keys: tuple[str, ...]
) -> None:
    channel = link.channel
    await link.ask(channel.queue_declare, queue=name, durable=True, arguments=arguments)
    for key in keys:
        await link.ask(
            channel.queue_bind, queue=name, exchange=topology.EVENTS, routing_key=key
        )


async def probe(link: Link) -> None:
    """Send ourselves a message and receive it: the broker does its work.

    Raises AMQPError when the connection is lost before, TimeoutError after five seconds.
    """
    channel, received = link.channel, asyncio.get_running_loop().create_future()
    queue = await link.ask(channel.queue_declare, queue="", exclusive=True)
    name = queue.method.queue
    tag = await link.ask(
        channel.basic_consume,
        queue=name,
        on_message_callback=lambda *_: finish(received),
        auto_ack=True,
    )
    channel.basic_publish("", name, b"")
    either = {received, link.lost}
    await asyncio.wait(either, timeout=CONNECT_S, return_when=FIRST_COMPLETED)
    if link.lost.done():
        raise AMQPError("the broker closed the connection")
    if not received.done():
        raise TimeoutError("the broker did not deliver a message")
    await link.ask(channel.basic_cancel, consumer_tag=tag.method.consumer_tag)
    await link.ask(channel.queue_delete, queue=name)


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
