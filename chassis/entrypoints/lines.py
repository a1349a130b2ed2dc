"""A service's two lines of events, each taken in order and in batches."""

from typing import Any

import eventlet
from eventlet.event import Event as Signal
from eventlet.queue import Empty
from eventlet.queue import Queue as Waiting
from kombu.entity import Exchange, Queue, binding
from nameko.extensions import DependencyProvider
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from chassis import database, intake, logs, ready, topology
from chassis.effects import DatabaseAway
from chassis.entrypoints.consumers import QuietConsumer, raw
from chassis.entrypoints.doors import effects as effects_of
from chassis.intake import Arrival
from chassis.logs import log
from chassis.topology import Lane

#: Events in one transaction, at most; as many again may be on their way.
AT_ONCE = 200
#: Seconds that more is waited for. A transaction each would be most of an event's cost.
GATHER_S: dict[Lane, float] = {"urgent": 0, "normal": 0.05}
#: Seconds until what could not be stored is tried again: the first time, and at most.
AGAIN_FIRST_S, AGAIN_MOST_S = 0.1, 2.0


class EventLine(DependencyProvider):  # type: ignore[misc]
    """One queue of events. What arrives is acknowledged once it is stored somewhere."""

    queue_consumer = QuietConsumer()
    prefetch = 2 * AT_ONCE

    def __init__(self, lane: Lane) -> None:
        self.lane = lane

    def setup(self) -> None:
        self.service: str = self.container.service_name
        exchange = Exchange(topology.EVENTS, durable=True, type="topic")
        keys = topology.keys(self.service, self.lane)
        self.queue = Queue(
            topology.queue(self.service, self.lane),
            bindings=[binding(exchange, key) for key in keys],
            durable=True,
            queue_arguments=topology.QUEUE_ARGUMENTS,
        )
        self.waiting: Waiting = Waiting()
        self.stopping, self.stopped = False, Signal()
        self.queue_consumer.register_provider(self)

    def start(self) -> None:
        self.effects = effects_of(self.container.service_cls())
        name = f"{self.lane} events"
        self.container.spawn_managed_thread(self.drain, identifier=name)

    def stop(self) -> None:
        """Finish the batch in hand; what waits behind it comes again elsewhere."""
        self.stopping = True
        self.stopped.wait()
        self.queue_consumer.unregister_provider(self)

    @property
    def name(self) -> str:
        return f"{self.lane} events of {self.service}"

    @property
    def engine(self) -> Engine:
        return database.of(self.service)

    def take(self, body: Any, message: Any) -> None:
        """Queue up; `body` is None when the message could not be decoded."""
        self.waiting.put((body, message))

    def drain(self) -> None:
        while not self.stopping:
            ready.progress(self.name)
            if batch := self.batch():
                self.until_stored(batch)
        ready.ended(self.name)
        self.stopped.send(None)

    def batch(self) -> list[tuple[Any, Any]]:
        """Return what waits, or what comes next within half a second."""
        batch: list[tuple[Any, Any]] = []
        try:
            batch.append(self.waiting.get(timeout=0.5))
            eventlet.sleep(GATHER_S[self.lane])
            while len(batch) < AT_ONCE:
                batch.append(self.waiting.get_nowait())
        except Empty:
            pass
        return batch

    def until_stored(self, batch: list[tuple[Any, Any]]) -> None:
        """Store a batch however long the database is away, then acknowledge it."""
        wait = AGAIN_FIRST_S
        while not self.store(batch):
            if self.stopping:
                return
            eventlet.sleep(wait)
            wait = min(wait * 2, AGAIN_MOST_S)
        _, last = batch[-1]
        self.queue_consumer.ack_message(last, up_to=True)

    def store(self, batch: list[tuple[Any, Any]]) -> bool:
        """Tell whether all of it took effect, is held back, or was put aside."""
        arrived = [arrival(body, message) for body, message in batch]
        try:
            intake.store(self.engine, self.service, self.lane, self.effects, arrived)
        except (DatabaseAway, SQLAlchemyError) as error:
            log.warning("%s events wait: %s", self.lane, type(error).__name__)
            ready.progress(self.name)  # what is away does not mend by our ending
            return False
        except Exception as error:  # never the end of the line
            logs.failed(f"{self.lane} events", error)
            return False
        return True


def arrival(body: Any, message: Any) -> Arrival:
    topic = str(message.delivery_info.get("routing_key", ""))
    return Arrival(body, raw(message), topic)
