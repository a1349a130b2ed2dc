"""How long until it works again: asks that were answered, and events that came through.

Recovery of a fault is from its beginning to the first success on the path the part is on.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event, Thread
from typing import LiteralString

import psycopg

from chaos.crews.ledger import LANDED, Told
from chaos.crews.uploading import OPERATION as FILE
from chaos.faults.hand import Done
from doorstep import parts
from tests.world import Platform

#: A tick goes the way of every event: outbox, relay, exchange, queue, hearer, its table.
TICKED: LiteralString = (
    "SELECT min(ticked_at) FROM field_visit.source WHERE lane = 'urgent'"
    " AND source IN ('complaints', 'dispatch', 'letters', 'workforce')"
)
LOOK_S = 0.05
#: The parts whose work is to carry events; the others are on the way of an ask.
CARRIERS = ("relay", "broker", "memory", "to broker")
#: The processes whose own answers tell that they are back.
SERVICES = (parts.ALL_SERVICES.name, parts.SECOND.name)
#: Parts that nobody waits for an answer of; and what ends nothing but one effect.
UNAWAITED, UNFELT = ("worker", "projector"), ("arrivals",)
#: What promise 7 allows, in seconds from when a fault is over, by the part it is of.
ALLOWED_S = {
    "database": 5.0,
    "to database": 5.0,
    "broker": 20.0,
    "memory": 20.0,
    "to broker": 20.0,
}
ALLOWED_OF_OTHERS_S, BACKLOG_S = 3.0, 60.0


@dataclass(eq=False)
class Watch(Thread):
    """Notes when which tick was there: pairs of moments of `time.time`, seen and made."""

    platform: Platform
    ticks: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        Thread.__init__(self, name="watch", daemon=True)
        self.stopped = Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            with suppress(psycopg.Error):
                self.look()
            self.stopped.wait(LOOK_S)

    def look(self) -> None:
        """Look on one connection until it is lost. Raises psycopg.Error."""
        url = self.platform.settings["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
            while not self.stopped.wait(LOOK_S):
                row = connection.execute(TICKED).fetchone()
                if row and row[0]:
                    self.note(row[0])

    def note(self, made: datetime) -> None:
        """Bring a moment of the pretended clock back to the real one."""
        seen = time.time()
        self.ticks.append((seen, seen - (self.platform.now() - made).total_seconds()))


@dataclass(frozen=True)
class Recovery:
    """Seconds from the beginning of a fault, and from when it was over.

    A part that was killed could work again when it was started.
    """

    name: str
    began: float
    whole_s: float
    after_s: float
    allowed_s: float
    #: Whether no other fault was there, or not yet recovered from, meanwhile.
    alone: bool = True


def recoveries(
    done: Sequence[Done], told: Sequence[Told], ticks: Sequence[tuple[float, float]]
) -> list[Recovery]:
    """Return the recovery of each fault after which there was a success."""
    zero = time.time() - time.monotonic()
    found, of_all, judged = [], answered(told), answered(told, by_services=True)
    for each in done:
        if each.fault.part in UNFELT:
            continue
        began, back = zero + each.began, zero + (each.back or each.began)
        asks = judged if each.fault.part in SERVICES else of_all
        well = first_success(each, began, asks, ticks)
        if well is not None:
            found.append(
                Recovery(
                    each.fault.name,
                    began,
                    max(well, back) - began,
                    max(0.0, well - back),
                    ALLOWED_S.get(each.fault.part, ALLOWED_OF_OTHERS_S),
                )
            )
    return [replace(each, alone=not overlapped(each, found)) for each in found]


def answered(told: Sequence[Told], by_services: bool = False) -> list[tuple[float, float]]:
    """Return from when to when each ask was under way that was answered.

    `by_services`: not by the gateway alone, which takes files, and facts when it must.
    """
    return sorted(
        (each.began, each.ended)
        for one in told
        for each in one.tries
        if each.ended is not None and not each.failed
        if not by_services or not (one.operation.name == FILE or each.status == LANDED)
    )


def overlapped(one: Recovery, all_: Sequence[Recovery]) -> bool:
    """Tell whether another fault, or its recovery, fell into this one's."""
    return any(
        other is not one
        and other.began < one.began + one.whole_s
        and one.began < other.began + other.whole_s
        for other in all_
    )


def first_success(
    done: Done,
    began: float,
    asks: Sequence[tuple[float, float]],
    ticks: Sequence[tuple[float, float]],
) -> float | None:
    """Return when the first thing that began after the fault had succeeded."""
    if done.fault.part in UNAWAITED:  # when it is ready
        return None if done.ready is None else began + done.ready - done.began
    if done.fault.part in CARRIERS:
        return min((seen for seen, made in ticks if made > began), default=None)
    return min((ended for start, ended in asks if start > began), default=None)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
