"""nameko's consumer, made to survive what the broker and other people do to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from amqp.exceptions import AMQPError
from amqp.transport import TCPTransport
from kombu.exceptions import KombuError
from kombu.messaging import Consumer
from nameko.messaging import QueueConsumer

from chassis.logs import log

#: Seconds between two tries to reach the broker, at most; kombu's own pause grows to 30.
AGAIN_CONNECT_S = 2.0
#: Bytes that are taken from the socket at once, when so many have come.
AHEAD = 1 << 14
#: The services of this process that have a connection to be given things by.
CONNECTED: set[str] = set()
#: What a connection that is gone may raise on its way out.
LOST = (OSError, KombuError, AMQPError)


class Bounded(Consumer):
    """A consumer with a number of its own of messages on their way.

    On a channel of its own, so that many can be acknowledged in one word.
    """

    def __init__(self, channel: Any, prefetch: int, **options: Any) -> None:
        self.prefetch = prefetch
        super().__init__(channel, **options)

    def consume(self, no_ack: bool | None = None) -> None:
        self.qos(prefetch_count=self.prefetch)
        super().consume(no_ack)


class QuietConsumer(QueueConsumer):  # type: ignore[misc]
    """A consumer that survives what it cannot decode, and says nothing of its body."""

    #: Who was told to end, and what is told once nothing is given to them any more.
    _pending_remove_providers: dict[Any, Any]

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error,
                interval_start=0.2,
                interval_step=0.5,
                interval_max=AGAIN_CONNECT_S,
            )
            read_ahead(connection.connection.transport)
            CONNECTED.add(self.container.service_name)
            try:
                yield connection
            finally:
                CONNECTED.discard(self.container.service_name)

    def on_connection_error(self, error: Exception, interval: float) -> None:
        """Say that the broker is away, and let whoever was told to end do so: nameko would
        keep them until it is back. Raises the error once nobody is left to connect for.
        """
        log.warning("waits for the broker: %s", type(error).__name__)
        leaving, self._pending_remove_providers = self._pending_remove_providers, {}
        for provider, gone in leaving.items():
            self._consumers.pop(provider)
            gone.send()
        if leaving and not self._consumers:
            self.should_stop = True
            raise error

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        """Let each provider have as many messages on their way as it asks for."""
        usual: int = self.container.max_workers
        for provider in self._providers:
            self._consumers[provider] = Bounded(
                channel.connection.channel(),
                getattr(provider, "prefetch", usual),
                queues=[provider.queue],
                callbacks=[partial(self.handle_message, provider)],
                accept=self.accept,
                on_decode_error=partial(self.unreadable, provider),
            )
        return self._consumers.values()

    def handle_message(self, provider: Any, body: Any, message: Any) -> None:
        """Hand over in this very greenlet, so that a line's order is the broker's."""
        provider.take(body, message)

    def unreadable(self, provider: Any, message: Any, error: Exception) -> None:
        """Hand over what cannot be decoded; a command's sender hears nothing."""
        log.error("cannot decode a message: %s", type(error).__name__)
        provider.take(None, message)

    def ack_message(self, message: Any, up_to: bool = False) -> None:
        """Acknowledge, with `up_to` also what came before it to the same provider.

        On a connection that is gone the message comes again.
        """
        if not message.channel.connection:
            return
        try:
            message.ack(multiple=up_to)
        except LOST:
            log.warning("connection lost before an acknowledgement")


def read_ahead(transport: Any) -> None:
    """Take what has come at once: py-amqp asks the system nine times for a message.

    It keeps what it has not asked for yet (`_read_buffer`), so more may be given to it.
    """
    if isinstance(transport, TCPTransport):
        recv = transport.sock.recv
        transport._quick_recv = lambda wanted: recv(max(wanted, AHEAD))


def raw(message: Any) -> bytes:
    """Return the bytes of a message; kombu makes text of them when they claim to be it."""
    body = message.body
    return body.encode("utf-8", "surrogateescape") if isinstance(body, str) else bytes(body)
