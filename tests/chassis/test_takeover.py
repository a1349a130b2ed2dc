"""Two relays, each a process: when the active one dies or freezes, the other takes over.

Measured from the signal to the arrival of an event that was committed after it.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pika
import psycopg
import pytest
from sqlalchemy import Engine

from chassis import amqp, topology
from chassis.settings import Settings
from chassis.unit import Unit
from doorstep.process import wait_until
from proto import ids
from tests.chassis.acting import SERVICE, empty, standing
from tests.conftest import ROOT

#: What the promise is; and how often it is tried.
WITHIN_S, ROUNDS = 2.0, 3
#: The connection that holds the locks of the outboxes, by what its process is called.
ACTIVE = (
    "SELECT DISTINCT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND application_name LIKE 'relay-%'"
)


#: Half of a relay: its session, its lock, and an answer that takes long to read.
READER = """
import sys, psycopg
from chassis.relay import SESSION
with psycopg.connect(sys.argv[1], autocommit=True, options=SESSION) as connection:
    connection.execute("SELECT pg_advisory_lock(7)")
    print("begun", flush=True)
    while True:
        connection.execute("SELECT repeat('x', 1000) FROM generate_series(1, 100000)")
"""


class Relays:
    """Relays that stand by for each other, by the name their connection bears."""

    def __init__(self, url: str, folder: Path, doors: ExitStack) -> None:
        self.url, self.folder, self.doors = url, folder, doors
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        ready = self.folder / f"{name}.ready"
        own = {"PGAPPNAME": name, "DOORSTEP_READY_FILE": str(ready)}
        words = [sys.executable, "-m", "doorstep", "--home", str(self.folder), "run"]
        log = self.doors.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            [*words, "relay"], cwd=ROOT, env=os.environ | own, stderr=log
        )
        self.doors.callback(process.wait)
        self.doors.callback(process.kill)
        self.running[name] = process
        assert wait_until(ready.exists, 60), (self.folder / f"{name}.log").read_text()

    def active(self) -> str:
        """Return the name of the one that carries."""
        found: list[str] = []

        def one() -> bool:
            with psycopg.connect(self.url) as connection:
                found[:] = [row[0] for row in connection.execute(ACTIVE)]
            return len(found) == 1

        assert wait_until(one, 60), found
        return found[0]


@pytest.fixture
def relays(found: Settings, its: Engine, tmp_path: Path) -> Iterator[Relays]:
    """Two relays that are ready, over an outbox with nothing in it."""
    empty(its, "outbox", "subject")
    with ExitStack() as stack:
        two = Relays(found.database_url, tmp_path, stack)
        for name in ("relay-one", "relay-two"):
            two.start(name)
        yield two


class Talk:
    """Says an event every ten milliseconds, and notes when each was committed."""

    def __init__(self, its: Engine, subjects: int = 3) -> None:
        self.its, self.subjects = its, [ids.new() for _ in range(subjects)]
        self.said: dict[str, float] = {}
        self.over = threading.Event()

    def __call__(self) -> None:
        number = 0
        while not self.over.wait(0.01):
            subject = self.subjects[number % len(self.subjects)]
            number += 1
            with self.its.begin() as connection:
                unit = Unit(connection, SERVICE, "test", "t")
                unit.emit(standing(subject), subject)
                unit.settle()
            self.said[str(unit.said[0].id)] = time.monotonic()


class Listener:
    """Hears every event, and notes when and in which order."""

    def __init__(self, found: Settings) -> None:
        self.connection = pika.BlockingConnection(amqp.parameters(found))
        self.channel = self.connection.channel()
        self.channel.exchange_declare(topology.EVENTS, "topic", durable=True)
        queue = self.channel.queue_declare("", exclusive=True).method.queue
        self.channel.queue_bind(queue, topology.EVENTS, "workforce.*")
        self.channel.basic_consume(queue, self.hear, auto_ack=True)
        self.heard: list[tuple[dict[str, Any], float]] = []
        self.over = threading.Event()

    def hear(self, _: object, __: object, ___: object, body: bytes) -> None:
        self.heard.append((json.loads(body), time.monotonic()))

    def __call__(self) -> None:
        while not self.over.is_set():
            self.connection.process_data_events(time_limit=0.05)
        self.connection.close()

    def first_said_after(self, moment: float, talk: Talk) -> float | None:
        """When the first event arrived that was committed after a moment."""
        late = {each for each, at in talk.said.items() if at > moment + 0.05}
        arrived = (at for event, at in list(self.heard) if event["id"] in late)
        return next(arrived, None)

    def applied(self) -> list[dict[str, Any]]:
        """What takes effect: the inbox knows the second of two."""
        once = {event["id"]: event for event, _ in reversed(self.heard)}
        return sorted(once.values(), key=lambda each: self.place(each["id"]))

    def place(self, event_id: str) -> int:
        return next(n for n, (e, _) in enumerate(self.heard) if e["id"] == event_id)


@contextmanager
def talking(its: Engine, found: Settings) -> Iterator[tuple[Talk, Listener]]:
    talk, listener = Talk(its), Listener(found)
    threads = [threading.Thread(target=each) for each in (talk, listener)]
    for each in threads:
        each.start()
    try:
        yield talk, listener
    finally:
        for each in (talk, listener):
            each.over.set()
        for thread in threads:
            thread.join()


def taken_over(listener: Listener, talk: Talk, moment: float) -> float:
    """Return how many seconds after that moment the other relay published."""
    assert wait_until(lambda: listener.first_said_after(moment, talk) is not None, 60)
    arrived = listener.first_said_after(moment, talk)
    assert arrived is not None
    return arrived - moment


def wait_for_all(listener: Listener, talk: Talk) -> None:
    talk.over.set()
    time.sleep(0.1)  # its last event is on its way to the database
    known = lambda: {event["id"] for event, _ in listener.heard}  # noqa: E731
    assert wait_until(lambda: talk.said.keys() <= known(), 60)


def in_order(listener: Listener, talk: Talk) -> None:
    """What takes effect is every event of each subject, once and in its order."""
    for subject in map(str, talk.subjects):
        mine = [e["sequence"] for e in listener.applied() if e["subject"] == subject]
        assert mine == list(range(1, len(mine) + 1))
    assert len(listener.applied()) == len(talk.said)


def test_the_standby_takes_over_within_two_seconds_of_a_kill(
    relays: Relays, found: Settings, its: Engine
) -> None:
    times = []
    with talking(its, found) as (talk, listener):
        for number in range(ROUNDS):
            active = relays.running.pop(name := relays.active())
            time.sleep(0.5)  # so that it is in the middle of its work
            active.send_signal(signal.SIGKILL)
            times.append(taken_over(listener, talk, time.monotonic()))
            relays.start(f"relay-{number}")
            assert relays.active() != name
        wait_for_all(listener, talk)

    print("taken over after a kill within", [round(each, 2) for each in times])
    assert max(times) < WITHIN_S
    in_order(listener, talk)


def test_the_standby_takes_over_within_two_seconds_of_a_freeze_and_a_thaw_does_no_harm(
    relays: Relays, found: Settings, its: Engine
) -> None:
    times = []
    with talking(its, found) as (talk, listener):
        for _ in range(ROUNDS):
            active = relays.running[name := relays.active()]
            time.sleep(0.5)  # so that it is in the middle of its work
            active.send_signal(signal.SIGSTOP)
            times.append(taken_over(listener, talk, time.monotonic()))
            assert relays.active() != name
            time.sleep(0.5)
            active.send_signal(signal.SIGCONT)
            time.sleep(1)  # so that it has the time to do harm
            assert active.poll() is None
        wait_for_all(listener, talk)

    print("taken over after a freeze within", [round(each, 2) for each in times])
    assert max(times) < WITHIN_S
    in_order(listener, talk)


def test_a_relay_that_freezes_amid_a_long_answer_loses_its_locks_too(
    database_url: str,
) -> None:
    words = [sys.executable, "-c", READER, database_url]
    with ExitStack() as stack:
        standby = stack.enter_context(psycopg.connect(database_url, autocommit=True))
        process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE)
        reader = stack.enter_context(process)
        stack.callback(reader.kill)
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"begun\n"
        time.sleep(0.1)  # so that it reads
        reader.send_signal(signal.SIGSTOP)
        query = "SELECT pg_try_advisory_lock(7)"
        assert wait_until(lambda: standby.execute(query).fetchone() == (True,), WITHIN_S)


def test_a_broker_with_another_topology_ends_the_relay_with_one_sentence(
    found: Settings, tmp_path: Path
) -> None:
    name = topology.queue("complaints")
    connection = pika.BlockingConnection(amqp.parameters(found))
    channel = connection.channel()
    channel.queue_delete(name)
    channel.queue_declare(name, durable=True, arguments={"x-max-length": 7})
    try:
        words = [sys.executable, "-m", "doorstep", "--home", str(tmp_path), "run", "relay"]
        ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=30)
    finally:
        channel.queue_delete(name)
        connection.close()

    assert ended.returncode == 1
    *_, sentence = ended.stderr.splitlines()  # pika has told of it before
    assert ended.stderr.count("does not start") == 1
    assert sentence.startswith("the relay does not start: PRECONDITION_FAILED")
    assert f"queue '{name}'" in sentence
    assert sentence.endswith("then start again")
