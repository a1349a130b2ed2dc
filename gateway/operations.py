"""How all of it does: what waits, what is held back, what rests, and who was heard of.

The numbers are those of `/metrics` of relay and worker, and the broker's own; nothing in
them tells of a case or of a person. What cannot be known from here is left out: whether a
worker or another gateway runs is seen by what waits for it.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence

import psycopg
from fastapi import FastAPI
from prometheus_client.core import GaugeMetricFamily

from chassis import backlog, clock
from chassis.errors import Unavailable
from chassis.logs import log
from chassis.queues import Depth
from chassis.ticks import LATELY
from chassis.topology import SERVICES
from gateway.door import Call, Door, mount
from gateway.parts import Parts
from gateway.roles import OPERATORS
from proto.base import Moment, Reply, Value

#: Seconds for which everybody who asks is shown the same look.
SAME_S = 1.0
Numbers = dict[str, dict[tuple[str, ...], float]]


class PartHeard(Value):
    """A service, and how many seconds ago the newest tick of it was heard of.

    A tick comes through its database, the relay and the broker; `ready` is whose came
    within ten seconds.
    """

    name: str
    ready: bool
    heard_s: float | None


class Unsent(Value):
    """Events of a service that wait for the relay."""

    service: str
    lane: str
    waiting: int
    oldest_s: float


class HeldBack(Value):
    """Events that could not take effect: they wait, are behind others, or are parked."""

    service: str
    state: str
    count: int
    oldest_s: float


class JobsOpen(Value):
    """Jobs of a service that are not done, and those that rest until a person looks."""

    service: str
    open: int
    failed: int


class LandedOpen(Value):
    """Facts that gateways took in: not handed on yet, and refused by their service.

    `oldest_s` is of those that wait.
    """

    waiting: int
    refused: int
    oldest_s: float


class QueueDepth(Value):
    """A queue of the broker; without numbers when the broker has none of that name."""

    name: str
    messages: int | None
    consumers: int | None


class Operations(Reply):
    """How all of it did a moment ago. `queues` is null when the broker did not say."""

    at: Moment
    parts: tuple[PartHeard, ...]
    outbox: tuple[Unsent, ...]
    held_back: tuple[HeldBack, ...]
    jobs: tuple[JobsOpen, ...]
    landed: LandedOpen
    queues: tuple[QueueDepth, ...] | None


DOOR = Door(
    name="show_operations",
    method="GET",
    path="/v1/operations",
    roles=OPERATORS,
    gives=Operations,
    says="What waits, what is held back, what rests, and which services were heard of.",
)


class Watch:
    """Looks once for everybody who asks within a second."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.seen: Operations | None = None
        self.seen_at = 0.0

    async def look(self, parts: Parts) -> Operations:
        """Return the newest look. Raises Unavailable when the database does not answer."""
        async with self.lock:
            if self.seen is None or time.monotonic() - self.seen_at > SAME_S:
                self.seen = await look(parts)
                self.seen_at = time.monotonic()
            return self.seen


async def look(parts: Parts) -> Operations:
    """Ask database and broker, at the same time."""
    queues = asyncio.ensure_future(parts.services.queues())
    try:
        families = await asyncio.to_thread(backlog.look, parts.settings.database_url)
    except psycopg.Error as error:
        queues.cancel()
        log.error("operations: %s", type(error).__name__)
        raise Unavailable("database-does-not-answer") from None
    return told(families, await queues)


def told(
    families: Iterable[GaugeMetricFamily], queues: Sequence[Depth] | None
) -> Operations:
    """Put the numbers that `/metrics` has into words of their own."""
    numbers = by_labels(families)
    return Operations(
        at=clock.now(),
        parts=tuple(heard(numbers)),
        outbox=tuple(
            Unsent(service=service, lane=lane, waiting=int(count), oldest_s=oldest)
            for (service, lane), (count, oldest) in rows(
                numbers, "doorstep_outbox_waiting", "doorstep_outbox_oldest_seconds"
            )
        ),
        held_back=tuple(
            HeldBack(service=service, state=state, count=int(count), oldest_s=oldest)
            for (service, state), (count, oldest) in rows(
                numbers, "doorstep_held_back", "doorstep_held_back_oldest_seconds"
            )
        ),
        jobs=tuple(
            JobsOpen(service=service, open=int(waiting), failed=int(failed))
            for (service,), (waiting, failed) in rows(
                numbers, "doorstep_jobs_waiting", "doorstep_jobs_failed"
            )
        ),
        landed=landed(numbers),
        queues=None if queues is None else tuple(map(shown, queues)),
    )


def by_labels(families: Iterable[GaugeMetricFamily]) -> Numbers:
    return {
        family.name: {tuple(each.labels.values()): each.value for each in family.samples}
        for family in families
    }


def rows(numbers: Numbers, *names: str) -> Iterator[tuple[tuple[str, ...], list[float]]]:
    """Go through what several numbers say of the same labels, ordered by these."""
    for labels in sorted(numbers[names[0]]):
        yield labels, [numbers[name][labels] for name in names]


def heard(numbers: Numbers) -> Iterator[PartHeard]:
    """Go through the services: of all who hear one, the newest tick counts."""
    ages = numbers["doorstep_source_age_seconds"]
    for name in SERVICES:
        its = [age for (_, source, _), age in ages.items() if source == name]
        newest = min(its, default=None)
        ready = newest is not None and newest < LATELY.total_seconds()
        yield PartHeard(name=name, ready=ready, heard_s=newest)


def landed(numbers: Numbers) -> LandedOpen:
    counts = numbers.get("doorstep_landed", {})
    ages = numbers.get("doorstep_landed_oldest_seconds", {})
    return LandedOpen(
        waiting=int(counts.get(("waiting",), 0)),
        refused=int(counts.get(("refused",), 0)),
        oldest_s=ages.get(("waiting",), 0.0),
    )


def shown(queue: Depth) -> QueueDepth:
    return QueueDepth(name=queue.name, messages=queue.messages, consumers=queue.consumers)


def open_doors(app: FastAPI) -> None:
    watch = Watch()

    async def show_operations(call: Call, _: object) -> Operations:
        return await watch.look(call.parts)

    mount(app, DOOR, show_operations)
