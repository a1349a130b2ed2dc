"""nameko's side: entrypoints that decode, hand over and encode.

The commit happens inside `chassis.handling`, before nameko replies or acknowledges. Of
nameko's own behaviour these are replaced: replies are not confirmed (the caller times
out and asks again), an event that fails is tried again where it stands, and a message
that cannot be decoded is never logged.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any, ClassVar, TypeVar

import eventlet
from amqp.exceptions import AMQPError
from eventlet.event import Event as Signal
from eventlet.queue import Queue as Line
from kombu.entity import Exchange, Queue, binding
from kombu.exceptions import KombuError
from nameko.amqp.publish import Publisher
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import (
    DependencyProvider,
    Entrypoint,
    ProviderCollector,
    SharedExtension,
)
from nameko.messaging import QueueConsumer
from nameko.rpc import Responder, Rpc, RpcConsumer
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import handling, logs, topology
from chassis.database import engine
from chassis.logs import log
from chassis.settings import settings
from chassis.unit import Unit
from proto.base import Command, Envelope, Event, Reply, Standing

ACommand = TypeVar("ACommand", bound=Command)
AnEvent = TypeVar("AnEvent", bound=Event)

#: Seconds until a failed event is tried again: the first time, and at most.
AGAIN_FIRST_S, AGAIN_MOST_S = 0.1, 30.0
#: Seconds between two tries to reach the broker, at most.
AGAIN_CONNECT_S = 2.0


class Database(DependencyProvider):  # type: ignore[misc]
    """The engine of this service's schema, one a process."""

    engine: Engine

    def setup(self) -> None:
        name = self.container.service_name
        self.engine = engine(settings().database_url, name, green=True)

    def stop(self) -> None:
        self.engine.dispose()

    def get_dependency(self, worker_ctx: Any) -> Engine:
        return self.engine


#: What a connection that is gone may raise on its way out.
LOST = (OSError, KombuError, AMQPError)


class QuietConsumer(QueueConsumer):  # type: ignore[misc]
    """A consumer that survives what it cannot decode, and says nothing of its body."""

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        """Connect, trying every two seconds at least: kombu's own pause grows to 30 s."""
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

    def on_decode_error(self, message: Any, error: Exception) -> None:
        """Put an event aside, in the undecodable queue; a command is dropped.

        Whoever sent the command is told at the deadline that nobody answered.
        """
        log.error("cannot read a message: %s", type(error).__name__)
        try:
            message.reject(requeue=False)
        except LOST:
            log.warning("connection lost before a rejection")

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


class AnswersConsumer(RpcConsumer):  # type: ignore[misc]
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
        self.queue_consumer.ack_message(message)
        return result, exc_info


class Answers(Rpc):  # type: ignore[misc]
    """One operation of a service."""

    rpc_consumer = AnswersConsumer()


def answers(
    kind: type[ACommand],
) -> Callable[[Callable[[Any, ACommand, Unit], Reply]], Any]:
    """Make a method the one answer to a command; it must bear the command's name."""

    def decorate(method: Callable[[Any, ACommand, Unit], Reply]) -> Any:
        if method.__name__ != kind.operation():
            raise TypeError(f"{method.__name__} answers {kind.__name__}: name it so")

        @wraps(method)
        def door(service: Any, order: dict[str, Any]) -> dict[str, Any]:
            handle = partial(method, service)
            try:
                return handling.answer(service.database, service.name, kind, handle, order)
            except (DBAPIError, PoolTimeout) as error:
                logs.failed(kind.operation(), error)
                return handling.unavailable("database-does-not-answer")
            except Exception as error:
                logs.failed(kind.operation(), error)
                return handling.unavailable("service-failed")

        return Answers.decorator(door)

    return decorate


class EventLine(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """A service's one queue of events, taken one after the other, in order."""

    queue_consumer = QuietConsumer()

    def setup(self) -> None:
        name = self.container.service_name
        exchange = Exchange(topology.EVENTS, durable=True, type="topic")
        self.queue = Queue(
            topology.queue(name),
            bindings=[binding(exchange, key) for key in topology.topics(name)],
            durable=True,
            queue_arguments=topology.QUEUE_ARGUMENTS,
        )
        self.line: Line = Line()
        self.providers: dict[str, Hears] = {}
        self.queue_consumer.register_provider(self)

    def start(self) -> None:
        """Begin to take events.

        Who hears what is noted now: while the service stops its providers leave one by
        one, and an event that comes then is still theirs.
        """
        for each in self._providers:
            self.providers |= dict.fromkeys(each.topics(), each)
        self.container.spawn_managed_thread(self.drain, identifier="events in order")

    def stop(self) -> None:
        self.queue_consumer.unregister_provider(self)
        super().stop()

    def handle_message(self, body: Any, message: Any) -> None:
        """Queue up; greenlets begin in the order they were spawned in."""
        self.line.put((body, message))

    def drain(self) -> None:
        while True:
            self.until_done(*self.line.get())

    def until_done(self, body: Any, message: Any) -> None:
        """Let one event take effect, however often it must be tried.

        What comes after it waits: order before speed, and nothing is lost.
        """
        try:
            envelope = Envelope.model_validate(body)
        except ValidationError as error:
            return self.queue_consumer.on_decode_error(message, error)
        provider = self.providers.get(envelope.type)
        if provider is None:  # a binding of an older release
            log.warning("nobody here hears %s any more", envelope.type)
            return self.queue_consumer.ack_message(message)
        wait = AGAIN_FIRST_S
        while (error_name := self.once(provider, envelope)) is not None:
            log.error("%s failed, again in %.1f s: %s", envelope.type, wait, error_name)
            eventlet.sleep(wait)
            wait = min(wait * 2, AGAIN_MOST_S)
        return self.queue_consumer.ack_message(message)

    def once(self, provider: "Hears", envelope: Envelope) -> str | None:
        """Run the event in a worker; return the error's name, or nothing."""
        done = Signal()

        def finish(_: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            done.send(exc_info[0].__name__ if exc_info else None)
            return result, None

        try:
            self.container.spawn_worker(provider, (envelope,), {}, handle_result=finish)
        except ContainerBeingKilled:
            return "ContainerBeingKilled"
        outcome: str | None = done.wait()
        return outcome


class Hears(Entrypoint):  # type: ignore[misc]
    """What a service does about one kind of event."""

    line = EventLine()

    def __init__(self, kind: type[Event], **options: Any) -> None:
        self.kind = kind
        super().__init__(**options)

    def setup(self) -> None:
        self.line.register_provider(self)

    def stop(self) -> None:
        self.line.unregister_provider(self)

    def topics(self) -> tuple[str, ...]:
        return (self.kind.topic(),)


class Keeps(Hears):
    """The standings a service keeps: whatever its class names in `keeps`."""

    def topics(self) -> tuple[str, ...]:
        return tuple(kind.topic() for kind in self.container.service_cls.keeps)


def hears(kind: type[AnEvent]) -> Callable[[Callable[[Any, AnEvent, Unit], None]], Any]:
    """Make a method what a service does about an event."""

    def decorate(method: Callable[[Any, AnEvent, Unit], None]) -> Any:
        @wraps(method)
        def door(service: Any, envelope: Envelope) -> None:
            effects: handling.Effects = {kind.topic(): (kind, partial(method, service))}
            take_effect(service, effects, envelope)

        door.hears = kind  # type: ignore[attr-defined]
        return Hears.decorator(kind)(door)

    return decorate


class EffectFailed(Exception):
    """An event could not take effect; says the kind of error and nothing it quoted."""


def take_effect(service: Any, effects: handling.Effects, envelope: Envelope) -> None:
    """Apply an event. nameko logs what is raised here, so it is raised without words."""
    try:
        handling.apply(service.database, service.name, effects, envelope)
    except Exception as error:
        logs.failed(envelope.type, error)
        raise EffectFailed(type(error).__name__) from None


class Service:
    """What every service class has: a database, and the standings it keeps."""

    name: ClassVar[str]
    keeps: ClassVar[tuple[type[Standing], ...]] = ()
    database = Database()

    @Keeps.decorator(Standing)  # type: ignore[untyped-decorator]
    def keep(self, envelope: Envelope) -> None:
        """Keep the newest standing of everything we decide by."""
        effects: handling.Effects = {k.topic(): (k, handling.keep) for k in self.keeps}
        take_effect(self, effects, envelope)
