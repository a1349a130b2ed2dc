"""Read the broker's stream of all events from its first message to its last.

As the gateway does, over AMQP 0.9.1: a message is acknowledged only so that more come.
The last offset is learned first, so that a busy platform does not keep us for ever.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pika
from pika.exceptions import AMQPError

from chassis import amqp
from chassis.settings import Settings
from chassis.topology import STREAM
from doorstep.errors import DoorstepError
from doorstep.shredding.traces import Search

PREFETCH = 500
#: Seconds without a message, or of one after the other, after which the last chunk was
#: seen whole; seconds of silence after which the stream does not come to its end.
QUIET_S, BUSY_S, SILENT_S = 2.0, 4.0, 30.0

Read = tuple[int, bytes]


def search(settings: Settings, what: Search) -> int:
    """Search the stream; return how many messages it holds."""
    try:
        with connected(settings) as connection:
            return look_through(connection, what)
    except (AMQPError, OSError) as error:
        kind = type(error).__name__
        raise DoorstepError(f"the broker says {kind}; see `doorstep status`") from None


def look_through(connection: pika.BlockingConnection, what: Search) -> int:
    """Look at every message up to what is the last one now; return how many."""
    end, offset = last_offset(connection), -1
    if end < 0:
        return 0
    for count, (offset, body) in enumerate(read(connection, "first", SILENT_S), 1):
        what.look("stream", body)
        if offset >= end:
            return count
    raise DoorstepError(
        f"the stream fell silent at offset {offset} of {end}; run the scan again"
    )


def last_offset(connection: pika.BlockingConnection) -> int:
    """Return the offset of the last message; -1 when there is none.

    The count a broker tells of a stream is seconds old, and may say 0 of a full one.
    """
    last, until = -1, time.monotonic() + BUSY_S
    for offset, _ in read(connection, "last", QUIET_S):  # the last chunk, and what comes
        last = offset
        if time.monotonic() > until:
            break
    return last


def read(connection: Any, start: str, quiet_s: float) -> Iterator[Read]:
    """Yield offset and body of each message from there on, until none comes so long."""
    with connection.channel() as channel:
        channel.basic_qos(prefetch_count=PREFETCH)
        coming = channel.consume(
            STREAM, arguments={"x-stream-offset": start}, inactivity_timeout=quiet_s
        )
        for method, properties, body in coming:
            if method is None:
                return
            yield properties.headers["x-stream-offset"], body
            channel.basic_ack(method.delivery_tag)


@contextmanager
def connected(settings: Settings) -> Iterator[pika.BlockingConnection]:
    connection = pika.BlockingConnection(amqp.parameters(settings))
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()
