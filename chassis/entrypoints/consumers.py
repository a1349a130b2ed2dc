"""nameko's consumers, made to survive what the broker and other people do to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from amqp.exceptions import AMQPError
from kombu.entity import Exchange
from kombu.exceptions import KombuError
from kombu.messaging import Consumer
from nameko.amqp.publish import Publisher
from nameko.messaging import QueueConsumer
from nameko.rpc import Responder, Rpc, RpcConsumer

from chassis import database, held, logs, topology
from chassis.logs import log

#: Seconds between two tries to reach the broker, at most; kombu's own pause grows to 30.
AGAIN_CONNECT_S = 2.0
#: What a connection that is gone may raise on its way out.
LOST = (OSError, KombuError, AMQPError)


class Bounded(Consumer):
    """A consumer with a number of its own of messages on their way.

    The broker gives each consumer the number that was said last before it began, and all
    of a service share one channel: so it is said anew before each begins.
    """

    def __init__(self, channel: Any, prefetch: int, **options: Any) -> None:
        self.prefetch = prefetch
        super().__init__(channel, **options)

    def consume(self, no_ack: bool | None = None) -> None:
        self.qos(prefetch_count=self.prefetch)
        super().consume(no_ack)


class QuietConsumer(QueueConsumer):  # type: ignore[misc]
    """A consumer that survives what it cannot decode, and says nothing of its body."""

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error,
                interval_start=0.2,
                interval_step=0.5,
                interval_max=AGAIN_CONNECT_S,
            )
            yield connection

    def on_connection_error(self, error: Exception, interval: float) -> None:
        log.warning("waits for the broker: %s", type(error).__name__)

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        """Let each provider have as many messages on their way as it asks for."""
        usual: int = self.container.max_workers
        for provider in self._providers:
            self._consumers[provider] = Bounded(
                channel,
                getattr(provider, "prefetch", usual),
                queues=[provider.queue],
                callbacks=[partial(self.handle_message, provider)],
                accept=self.accept,
                on_decode_error=partial(self.unreadable, provider),
            )
        return self._consumers.values()

    def handle_message(self, provider: Any, body: Any, message: Any) -> None:
        """Hand over: a line in this very greenlet, so that its order is the broker's."""
        if hasattr(provider, "in_order"):
            provider.take(body, message)
        else:
            super().handle_message(provider, body, message)

    def unreadable(self, provider: Any, message: Any, error: Exception) -> None:
        """Put what cannot be decoded into the line; a command's sender hears nothing."""
        log.error("cannot decode a message: %s", type(error).__name__)
        if hasattr(provider, "in_order"):
            provider.take(None, message)
        else:
            provider.put_aside(message)

    def ack_message(self, message: Any) -> None:
        """Acknowledge; on a connection that is gone the message comes again."""
        try:
            super().ack_message(message)
        except LOST:
            log.warning("connection lost before an acknowledgement")


class UnconfirmedPublisher(Publisher):  # type: ignore[misc]
    use_confirms = False


class UnconfirmedResponder(Responder):  # type: ignore[misc]
    publisher_cls = UnconfirmedPublisher


class OrdersConsumer(RpcConsumer):  # type: ignore[misc]
    """nameko's RPC consumer with our consumer below it and our responder above."""

    queue_consumer = QuietConsumer()

    def handle_result(self, message: Any, result: Any, exc_info: Any) -> Any:
        config = self.container.config
        exchange = Exchange(topology.COMMANDS, durable=True, type="topic")
        responder = UnconfirmedResponder(config["AMQP_URI"], exchange, "json", message)
        try:
            result, exc_info = responder.send_response(result, exc_info)
        except LOST:  # the caller gives up at its deadline and asks again
            log.warning("connection lost before a reply")
        except KeyError:  # nobody to answer: no `reply_to`, or a type that is not ours
            log.warning("an order without a sender")
        self.queue_consumer.ack_message(message)
        return result, exc_info

    def put_aside(self, message: Any) -> None:
        """Keep the bytes of an order that cannot be decoded."""
        self.container.spawn_managed_thread(
            partial(self.keep_bytes, message),
            identifier="unreadable order",
        )

    def keep_bytes(self, message: Any) -> None:
        name = self.container.service_name
        key = str(message.delivery_info.get("routing_key", ""))
        try:
            held.put_aside(database.of(name), name, "orders", raw(message), key)
        except Exception as error:  # raised further, it would end the process
            logs.failed("an unreadable order", error)
            return  # not acknowledged: it comes again with the next connection
        self.queue_consumer.ack_message(message)


class Orders(Rpc):  # type: ignore[misc]
    """The one RPC method of a service, which takes its orders in groups."""

    rpc_consumer = OrdersConsumer()


def raw(message: Any) -> bytes:
    """Return the bytes of a message; kombu makes text of them when they claim to be it."""
    body = message.body
    return body.encode("utf-8", "surrogateescape") if isinstance(body, str) else bytes(body)
