"""The stream of events through all that can break: nothing missed, nothing twice."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from doorstep.client import Gateway, Happened, Unreachable
from doorstep.process import find
from proto import ids
from proto.base import Envelope
from proto.dispatch import HoldReviewDue
from proto.field_visit import CollectorsLeft
from tests.journeys.hurting import kill, rabbitmqctl, revive, until
from tests.world import AtADoor, Door, Platform, plain

SUBJECTS, PLACES = 4, {"here", "reset"}
#: Two that no service hears; agencies are never told of the second.
LEFT, DUE = CollectorsLeft.topic(), HoldReviewDue.topic()
SAY = "INSERT INTO field_visit.outbox (event_id, subject, sequence, envelope) VALUES (%s, %s, %s, %s)"  # noqa: E501


@dataclass
class Dashboard:
    """A page that shows what happens, and comes back by itself where it was."""

    http: Gateway
    events: list[Happened] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    last_id: str | None = None
    opened: int = 0
    over: bool = False

    def start(self) -> "Dashboard":
        threading.Thread(target=self.follow, daemon=True).start()
        until(lambda: bool(self.places))
        return self

    def follow(self) -> None:
        while not self.over:
            try:
                self.opened += 1
                for event in self.http.events("/v1/events", self.last_id):
                    if self.over:
                        return
                    self.last_id = event.id
                    known = event.topic in PLACES
                    (self.places if known else self.events).append(
                        event.topic if known else event  # type: ignore[arg-type]
                    )
            except Unreachable:
                time.sleep(0.1)

    def ids(self) -> list[str]:
        return [str(event.data["id"]) for event in list(self.events)]


@dataclass
class Watched:
    """An agency at work, whoever watches it, and what was said of it."""

    platform: Platform
    agency_id: UUID
    everything: Dashboard
    its: Dashboard
    another: Dashboard
    said: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    secret: list[str] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)

    def say(self, count: int) -> None:
        """Commit events of a few subjects, as field_visit does; the last is a secret."""
        with psycopg.connect(self.platform.settings["DATABASE_URL"]) as connection:
            for number in range(count):
                subject = f"{self.agency_id}/{number % SUBJECTS}"
                envelope = self.envelope(subject, LEFT)
                self.said[subject].append(str(envelope.id))
                insert(connection, envelope)
            envelope = self.envelope(str(ids.new()), DUE)
            self.secret.append(str(envelope.id))
            insert(connection, envelope)

    def envelope(self, subject: str, topic: str) -> Envelope:
        about = {"visit_id": ids.new(), "case_id": ids.new(), "agency_id": self.agency_id}
        self.numbers[subject] += 1
        return Envelope(
            source="doorstep/field_visit",
            type=topic,
            subject=subject,
            time=self.platform.now(),
            sequence=self.numbers[subject],
            by="field_collector:1",
            trace=ids.new().hex,
            data=plain(about),
        )

    def all_seen(self) -> bool:
        of_agency = {one for subject in self.said.values() for one in subject}
        whole = of_agency | set(self.secret)
        return whole <= set(self.everything.ids()) and of_agency <= set(self.its.ids())

    def begin_anew(self) -> None:
        """Look at everything again: what was told before may be told once more."""
        self.said.clear()
        self.secret.clear()
        for each in (self.everything, self.its):
            each.events.clear()

    def check(self) -> None:
        """Everybody was told what is theirs: all of it, once, each subject in order."""
        until(self.all_seen, 40)
        for dashboard in (self.everything, self.its):
            for subject, said in self.said.items():
                of_subject = [
                    str(each.data["id"])
                    for each in dashboard.events
                    if each.data["subject"] == subject and each.data["id"] in said
                ]
                assert of_subject == said
            assert len(dashboard.ids()) == len(set(dashboard.ids()))
        assert set(self.its.ids()) & set(self.secret) == set()
        assert self.another.events == []


def insert(connection: psycopg.Connection, envelope: Envelope) -> None:
    row = envelope.model_dump(mode="json")
    values = (envelope.id, envelope.subject, envelope.sequence, Jsonb(row))
    connection.execute(SAY, values)


@pytest.fixture
def watched(platform: Platform) -> Iterator[Watched]:
    agency_id = ids.new()
    people = (
        platform.account("compliance"),
        platform.account("supervisor", agency_id=agency_id),
        platform.account("supervisor", agency_id=ids.new()),
    )
    dashboards = [Dashboard(http).start() for http in people]
    with ExitStack() as stack:
        for each in dashboards:
            stack.callback(setattr, each, "over", True)
        yield Watched(platform, agency_id, *dashboards)


def test_what_a_broker_was_not_told_before_it_died_is_told_when_it_is_back(
    watched: Watched, platform: Platform
) -> None:
    watched.say(40)
    kill(platform, "broker")
    watched.say(40)
    revive(platform)
    watched.say(40)
    watched.check()
    assert {each.opened for each in (watched.everything, watched.its)} == {1}
    assert watched.everything.places == watched.its.places == ["here"]


def test_a_gateway_that_was_killed_goes_on_where_each_of_its_readers_was(
    watched: Watched, platform: Platform
) -> None:
    watched.say(40)
    until(watched.all_seen)
    kill(platform, "gateway")
    until(lambda: find(platform.home.pid_file("gateway")) is None)
    watched.say(40)
    revive(platform)
    watched.say(40)
    watched.check()
    assert watched.everything.opened > 1
    assert watched.everything.places == watched.its.places == ["here"]


@pytest.mark.long
def test_a_broker_that_lost_all_it_had_is_another_stream(
    watched: Watched, platform: Platform
) -> None:
    """Who reads along is told that it has to look at everything again, then what comes."""
    platform.settle()
    watched.say(8)
    watched.check()
    for word in ("stop_app", "reset", "start_app"):
        rabbitmqctl(platform, word)
    revive(platform)
    until(lambda: "reset" in watched.everything.places, 40)
    until(lambda: "reset" in watched.its.places, 40)
    watched.begin_anew()
    watched.say(8)
    watched.check()
    assert watched.everything.places == ["here", "reset"]


def test_a_supervisor_sees_the_own_visit_happen_and_nobody_of_another_agency_does(
    door: Door, platform: Platform
) -> None:
    other = platform.account("supervisor", agency_id=ids.new())
    boss, stranger = Dashboard(door.boss).start(), Dashboard(other).start()
    assert AtADoor(door, door.visit_id).checks_in().ok
    case = AtADoor(door, door.visit_id).case_id
    assert platform.officer.post(f"/v1/cases/{case}/hold", {"reason": "disputed"}).ok
    happened = {
        "field_visit.collectors_arrived",
        "dispatch.work_stopped",  # and neither why, nor that it is a hold
        "field_visit.clearance_revoked",
    }
    until(lambda: happened <= {each.topic for each in boss.events})
    door.cases(1)
    platform.settle()
    boss.over = stranger.over = True
    assert {each.data["data"]["agency_id"] for each in boss.events} == {str(door.agency_id)}
    assert {each.topic for each in boss.events} == happened
    assert stranger.events == []
