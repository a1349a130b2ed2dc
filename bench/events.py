"""The way of an event: how fast the relay carries many, how late a follower sees one."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from statistics import quantiles
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from bench.people import Crew
from chassis import clock
from doorstep import background
from doorstep.client import Gateway, Unreachable
from doorstep.parts import RELAY
from doorstep.process import wait_until
from proto.base import Envelope, Event
from proto.facts import Relation
from proto.field_visit import (
    CollectorsArrived,
    ConsentRecorded,
)
from tests.world import Platform

INTO = "field_visit.outbox (event_id, subject, sequence, envelope)"
COPY = f"COPY {INTO} FROM STDIN"
INSERT = f"INSERT INTO {INTO} VALUES (%s, %s, %s, %s)"
PER_SECOND, ARRIVES_IN_S, DRAINS_IN_S = 200, 10, 300


@dataclass(frozen=True)
class Carried:
    """Events a second: published by the relay, taken in by the service that hears them."""

    published: float
    heard: float


@dataclass(frozen=True)
class Delay:
    """Milliseconds from a commit to a follower, at `rate` commits; `lost` never came."""

    rate: float
    p50_ms: float
    p99_ms: float
    lost: int


def drained(platform: Platform) -> int:
    """Wait until every event has arrived; return how many had not at first.

    Raises TimeoutError. The pauses leave the machine to those who are waited for.
    """
    behind = left = platform.on_their_way()
    end = time.monotonic() + DRAINS_IN_S
    while left:
        if time.monotonic() > end:
            raise TimeoutError(f"{left} events have not arrived in {DRAINS_IN_S} s")
        time.sleep(1)
        left = platform.on_their_way()
    return behind


def carried(platform: Platform, count: int) -> Carried:
    """Let so many events wait while the relay is away, and bring it back."""
    rows = [outbox_row(arrived()) for _ in range(count)]
    background.stop(platform.home, RELAY)
    store(platform.settings["DATABASE_URL"], rows)
    background.start(platform.home, RELAY, platform.settings)
    background.wait(platform.home, RELAY)
    drained(platform)
    said = [row[0] for row in rows]
    published = "SELECT published_at FROM field_visit.outbox WHERE event_id = ANY(%s)"
    heard = "SELECT at FROM complaints.inbox WHERE event_id = ANY(%s)"
    return Carried(
        *(
            per_second([at for (at,) in platform.rows(each, said)])
            for each in (published, heard)
        )
    )


def store(url: str, rows: Sequence[tuple[Any, ...]]) -> None:
    with psycopg.connect(url) as connection, connection.cursor().copy(COPY) as copy:
        for row in rows:
            copy.write_row(row)


def per_second(moments: Sequence[datetime]) -> float:
    """Return how many came a second after the first; what came with it had waited."""
    first, last = min(moments), max(moments)
    return sum(at > first for at in moments) / (last - first).total_seconds()


def arrived() -> CollectorsArrived:
    """Return an event of a visit that is nobody's; complaints hears it."""
    visit, case, agency = uuid4(), uuid4(), uuid4()
    return CollectorsArrived(visit_id=visit, case_id=case, agency_id=agency, at=clock.now())


def outbox_row(event: Event) -> tuple[Any, ...]:
    """Return what a service would have stored, the first event of its subject."""
    envelope = Envelope(
        source="doorstep/field_visit",
        type=event.topic(),
        subject=str(uuid4()),
        time=clock.now(),
        sequence=1,
        by="field_collector:bench",
        trace=uuid4().hex,
        data=event.model_dump(mode="json"),
    )
    return (envelope.id, envelope.subject, 1, Jsonb(envelope.model_dump(mode="json")))


def delay(crew: Crew, seconds: int) -> Delay:
    """Commit events of one visit at a steady pace, and follow it as a supervisor does."""
    platform, count = crew.platform, PER_SECOND * seconds
    follower = Follower(platform.signed_in(crew.supervisor), crew.closed)
    with psycopg.connect(platform.settings["DATABASE_URL"], autocommit=True) as connection:
        follower.start(lambda: commit(connection, crew.closed))
        began, committed = time.monotonic(), {}
        for number in range(count):
            time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
            committed[commit(connection, crew.closed)] = time.monotonic()
        took = time.monotonic() - began
    wait_until(lambda: committed.keys() <= follower.seen.keys(), ARRIVES_IN_S)
    late = [
        follower.seen[each] - at for each, at in committed.items() if each in follower.seen
    ]
    cuts = quantiles(late, n=100, method="inclusive")
    return Delay(count / took, cuts[49] * 1000, cuts[98] * 1000, count - len(late))


def commit(connection: psycopg.Connection, visit_id: UUID) -> str:
    """Commit one event that no service hears; return its id."""
    event = ConsentRecorded(
        visit_id=visit_id,
        case_id=uuid4(),
        agency_id=uuid4(),
        answer="given",
        by=Relation.DEBTOR,
        at=clock.now(),
    )
    row = outbox_row(event)
    connection.execute(INSERT, row)
    return str(row[0])


@dataclass
class Follower:
    """Somebody who follows a visit, and when each event was seen."""

    http: Gateway
    visit_id: UUID
    seen: dict[str, float] = field(default_factory=dict)

    def start(self, knock: Any) -> None:
        """Follow in the background; return when a knock was heard. Raises TimeoutError."""
        threading.Thread(target=self.follow, daemon=True).start()
        knocks = {knock()}
        if not wait_until(lambda: bool(knocks & self.seen.keys()), ARRIVES_IN_S):
            raise TimeoutError(f"the follower saw nothing in {ARRIVES_IN_S} s")

    def follow(self) -> None:
        """Read until the stream ends; events that it would still have brought are lost."""
        with suppress(Unreachable):
            for event in self.http.events(f"/v1/visits/{self.visit_id}/events"):
                self.seen[str(event.data["id"])] = time.monotonic()
