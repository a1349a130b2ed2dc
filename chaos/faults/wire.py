"""What the harness does on the broker: it listens, says events twice, and sends poison.

One thread and one connection, made anew when the broker was killed. The queue it listens
on is durable like those of the services, so that it hears what they hear.
"""

import json
import time
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from threading import Event, Thread
from typing import Any, NamedTuple

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

from chaos.faults.poison import Poison
from chassis import amqp, topology
from chassis.settings import Settings

QUEUE = "chaos.tap"
#: Of each topic the first event is said again and then every sixth, up to so many seconds
#: later: whoever delivers at least once may do that at any time.
EVERY, ECHO_S = 6, 8.0
AGAIN_S, LOOK_S = 0.5, 0.1


class Echo(NamedTuple):
    """An event that is to be said again."""

    due: float
    key: str
    body: bytes


@dataclass(eq=False)
class Wire(Thread):
    """Listens until it is told to stop. `heard` are the ids of events, as they came."""

    settings: Mapping[str, str]
    luck: Random
    poison: list[Poison]
    heard: list[str] = field(default_factory=list)
    echoed: int = 0

    def __post_init__(self) -> None:
        Thread.__init__(self, name="wire", daemon=True)
        self.stopped, self.quiet, self.lost = Event(), Event(), Event()
        self.began = time.monotonic()
        self.later: deque[Echo] = deque()
        self.topics: Counter[str] = Counter()
        self.left = list(self.poison)

    def run(self) -> None:
        while not self.stopped.is_set():
            with suppress(AMQPError, OSError):
                self.listen()
            self.stopped.wait(AGAIN_S)

    def listen(self) -> None:
        """Listen on one connection, until it is lost. Raises AMQPError or OSError."""
        names = ("AMQP_URI", "DATABASE_URL")
        found = Settings.model_validate({name: self.settings[name] for name in names})
        connection = pika.BlockingConnection(amqp.parameters(found))
        try:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.queue_declare(QUEUE, durable=True)
            for key in topology.STREAM_KEYS:
                channel.queue_bind(QUEUE, topology.EVENTS, key)
            channel.basic_consume(QUEUE, self.take)
            while not self.stopped.is_set():
                connection.process_data_events(LOOK_S)
                self.say(channel)
        finally:
            with suppress(AMQPError, OSError):
                connection.close()

    def take(self, channel: Any, method: Any, _: Any, body: bytes) -> None:
        """Note an event; now and then have it said again."""
        event = json.loads(body)
        if "again" not in event:  # what a broker lost with its data
            self.heard.append(str(event["id"]))
        channel.basic_ack(method.delivery_tag)
        self.topics[method.routing_key] += 1
        if not self.quiet.is_set() and self.topics[method.routing_key] % EVERY == 1:
            due = time.monotonic() + self.luck.uniform(0, ECHO_S)
            self.later.append(Echo(due, method.routing_key, body))

    def say(self, channel: BlockingChannel) -> None:
        """Say again what is due, and send the poison whose time has come."""
        now = time.monotonic()
        if self.lost.is_set():
            self.lost.clear()
            self.left = list(self.poison)
        for echo in [each for each in self.later if each.due <= now or self.quiet.is_set()]:
            publish(channel, topology.EVENTS, echo.key, echo.body)
            self.later.remove(echo)
            self.echoed += 1
        for each in [each for each in self.left if self.began + each.at_s <= now]:
            publish(channel, "", each.queue, each.body)
            each.sent = True
            self.left.remove(each)

    def send_again(self) -> None:
        """Send all poison anew: the broker has lost what it had, and some of it with that.

        What was put aside already is kept once, however often it comes.
        """
        self.lost.set()

    def begin(self) -> None:
        """Start listening, before the load."""
        self.start()
        self.began = time.monotonic()


def publish(channel: BlockingChannel, exchange: str, key: str, body: bytes) -> None:
    """Publish as the relay does. Raises AMQPError when the broker does not confirm, or has
    no queue for it: one that lost its data has none until they are declared again.
    """
    properties = pika.BasicProperties(
        content_type="application/json", content_encoding="utf-8", delivery_mode=2
    )
    channel.basic_publish(exchange, key, body, properties, mandatory=True)
