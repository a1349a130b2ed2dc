"""The relay and the gateway's client, against a real broker."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pika
import psycopg
import pytest

from chassis import amqp, relay, topology
from chassis.database import engine
from chassis.errors import Unavailable
from chassis.rpc import Client
from chassis.settings import Settings, settings
from chassis.unit import Unit
from proto import ids
from proto.workforce import RegisterAgencies, Registered
from tests.chassis.acting import OFFICER, SERVICE, carry_out, order, standing
from tests.conftest import ROOT


@pytest.fixture
def heard(found: Settings) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Everything that is published from now on, in the order of the broker."""
    connection = pika.BlockingConnection(amqp.parameters(found))
    channel = connection.channel()
    channel.exchange_declare(topology.EVENTS, "topic", durable=True)
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, topology.EVENTS, "#")

    def all_so_far() -> list[dict[str, Any]]:
        events = []
        while (got := channel.basic_get(queue, auto_ack=True))[0]:
            events.append(json.loads(got[2]))
        return events

    yield all_so_far
    connection.close()


def speak(found: Settings, subjects: list[Any], rounds: int) -> None:
    """Let many callers at once commit events of a few subjects."""
    its = engine(found.database_url, SERVICE)

    def say(command: RegisterAgencies, unit: Unit) -> Registered:
        subject = command.agencies[0].agency_id
        unit.emit(standing(subject), subject)
        return Registered()

    def one(number: int) -> None:
        (answer,) = carry_out(its, say, order(subjects[number % len(subjects)]))
        assert answer.reply

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(rounds)))
    its.dispose()


def unpublished(found: Settings) -> int:
    with psycopg.connect(found.database_url) as connection:
        query = f"SELECT count(*) FROM {SERVICE}.outbox WHERE published_at IS NULL"
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert row
    return int(row[0])


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(true):
            await asyncio.sleep(0.02)


def sequences(events: list[dict[str, Any]], subject: Any) -> list[int]:
    return [each["sequence"] for each in events if each["subject"] == str(subject)]


def test_two_relays_side_by_side_keep_the_order_of_every_subject(found, heard) -> None:
    subjects, rounds = [ids.new() for _ in range(5)], 300

    async def both() -> None:
        tasks = [asyncio.create_task(relay.forever(found)) for _ in range(2)]
        await asyncio.to_thread(speak, found, subjects, rounds)
        await until(lambda: unpublished(found) == 0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    asyncio.run(both())

    events = heard()
    each = list(range(1, rounds // len(subjects) + 1))
    assert {str(s): sequences(events, s) for s in subjects} == {
        str(s): each for s in subjects
    }


def test_the_standby_takes_over_when_the_active_relay_ends(found, heard) -> None:
    subject = ids.new()

    async def hand_over() -> None:
        tasks = [asyncio.create_task(relay.forever(found)) for _ in range(2)]
        for task in tasks:
            await asyncio.to_thread(speak, found, [subject], 5)
            await until(lambda: unpublished(found) == 0)
            task.cancel()
            await asyncio.wait({task})

    asyncio.run(hand_over())

    assert sequences(heard(), subject) == list(range(1, 11))


def test_the_whole_topology_is_there_before_anything_is_said(found) -> None:
    async def declared() -> None:
        link = await amqp.connect(found)
        await amqp.declare(link)
        await link.close()

    asyncio.run(declared())
    connection = pika.BlockingConnection(amqp.parameters(found))
    channel = connection.channel()
    for service in topology.SERVICES:
        for lane in topology.LANES:
            channel.queue_declare(topology.queue(service, lane), passive=True)
    channel.queue_declare(topology.STREAM, passive=True)
    connection.close()


def ask(found: Settings, service: str, deadline_s: float = 3.0) -> None:
    async def once() -> None:
        client = Client(found, deadline_s)
        await client.start()
        await until(lambda: client.connected)
        entry = {"agency_id": ids.new(), "code": "c", "name": "n"}
        command = RegisterAgencies(agencies=(entry,))  # type: ignore[arg-type]
        try:
            await client.ask(service, command, OFFICER)
        finally:
            await client.stop()

    asyncio.run(once())


def test_a_service_that_is_not_there_is_said_at_once(found) -> None:
    with pytest.raises(Unavailable, match="service-absent"):
        ask(found, "nobody")


def test_a_service_that_does_not_answer_is_given_up_at_the_deadline(found) -> None:
    connection = pika.BlockingConnection(amqp.parameters(found))
    channel = connection.channel()
    channel.exchange_declare(topology.COMMANDS, "topic", durable=True)
    channel.queue_declare("rpc-sleeper", exclusive=True)
    channel.queue_bind("rpc-sleeper", topology.COMMANDS, "sleeper.*")

    with pytest.raises(Unavailable, match="service-too-slow"):
        ask(found, "sleeper", deadline_s=0.2)

    # Dropped at its deadline: nobody will carry it out late.
    sleeping = partial(channel.queue_declare, "rpc-sleeper", passive=True)
    asyncio.run(until(lambda: sleeping().method.message_count == 0))
    connection.close()


def test_without_a_broker_the_client_says_so(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def once() -> None:
        client = Client(settings())
        await client.start()
        entry = {"agency_id": ids.new(), "code": "c", "name": "n"}
        try:
            await client.ask("workforce", RegisterAgencies(agencies=(entry,)), OFFICER)  # type: ignore[arg-type]
        finally:
            await client.stop()

    with pytest.raises(Unavailable, match="broker-away"):
        asyncio.run(once())


def test_a_relay_that_waits_for_its_broker_ends_at_once_and_quietly(
    environment: None, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "doorstep", "--home", str(tmp_path), "run", "relay"]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            while "relay waits" not in process.stderr.readline():
                pass
            process.send_signal(signal.SIGTERM)  # it sleeps until the next try
            assert process.wait(10) == 0
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()
