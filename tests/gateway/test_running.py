"""The gateway as a process, with a real broker: ready, following, ending."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pika
import pytest

from chassis import amqp, clock, topology
from chassis.settings import settings
from chassis.topology import COMMANDS, EVENTS
from gateway.feed import Feed
from gateway.stream import Stream
from gateway.tokens import Tokens
from proto import ids
from proto.base import Envelope, Role
from tests.gateway.stand_in import asker

pytestmark = pytest.mark.anyio


@pytest.fixture
def with_broker(empty: None, amqp_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMQP_URI", amqp_uri)
    settings.cache_clear()


def say(link: amqp.Link, visit_id: UUID) -> Envelope:
    """Publish an event of a visit, as the relay does."""
    said = Envelope(
        source="doorstep/field_visit",
        type="field_visit.collectors_left",
        subject=str(visit_id),
        time=clock.now(),
        by="field_collector:1",
        trace="t",
        data={"visit_id": str(visit_id)},
    )
    properties = pika.BasicProperties(delivery_mode=2)
    body = said.model_dump_json().encode()
    link.channel.basic_publish(EVENTS, said.type, body, properties)
    return said


async def test_the_stream_is_read_from_its_past_and_never_twice(with_broker: None) -> None:
    visit_id = ids.new()
    link = await amqp.connect(settings())
    await amqp.declare(link)
    before = say(link, visit_id)
    feed = Feed()
    stream = Stream(settings(), feed)
    stream.start()
    found = feed.follow(visit_id, None, 20)
    told = [await anext(found)]
    assert stream.link
    stream.link.connection.close()
    later = say(link, visit_id)
    told.append(await anext(found))
    await stream.stop()
    await link.close()
    feed.end()
    told += [each async for each in found]
    assert [each and each.event_id for each in told] == [before.id, later.id]
    assert told == sorted(told, key=lambda each: each.offset if each else -1)


async def test_a_topology_that_is_not_ours_is_said_and_waited_for(
    with_broker: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name = f"events-{ids.new()}"
    monkeypatch.setattr(topology, "EVENTS", name)
    link = await amqp.connect(settings())
    await link.ask(link.channel.exchange_declare, exchange=name, exchange_type="fanout")
    stream = Stream(settings(), Feed())
    stream.start()
    await asyncio.sleep(1)
    assert stream.task is not None
    assert not stream.task.done()
    assert "the feed waits for the broker: PRECONDITION_FAILED" in caplog.text
    await stream.stop()
    await link.ask(link.channel.exchange_delete, exchange=name)
    await link.close()


@pytest.fixture
def running(with_broker: None) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A gateway as `doorstep run gateway` starts it, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    gateway = subprocess.Popen(
        [sys.executable, "-c", "from gateway.main import run; run()"],
        env=os.environ | {"DOORSTEP_HTTP_PORT": str(port)},
        stderr=subprocess.PIPE,
    )
    yield gateway, f"http://127.0.0.1:{port}"
    gateway.kill()
    gateway.communicate()


async def ready(client: httpx.AsyncClient) -> None:
    for _ in range(200):
        try:
            if (await client.get("/readyz")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError("the gateway is not ready after 20 s")


async def show_any_visit(link: amqp.Link) -> None:
    """Answer `show_visit` as a service would; the gateway only needs no problem."""
    channel = link.channel
    found = await link.ask(channel.queue_declare, queue="", exclusive=True)
    queue, key = found.method.queue, "field_visit.carry_out"
    await link.ask(channel.queue_bind, queue=queue, exchange=COMMANDS, routing_key=key)

    def answer(_: Any, __: Any, properties: pika.BasicProperties, ___: bytes) -> None:
        back = pika.BasicProperties(correlation_id=properties.correlation_id)
        body = json.dumps({"result": [{"reply": "{}"}], "error": None}).encode()
        channel.basic_publish(COMMANDS, properties.reply_to, body, back)

    await link.ask(
        channel.basic_consume, queue=queue, on_message_callback=answer, auto_ack=True
    )


async def test_sigterm_ends_the_streams_and_the_process(
    running: tuple[subprocess.Popen[bytes], str],
) -> None:
    (gateway, address), visit_id = running, ids.new()
    link = await amqp.connect(settings())
    await amqp.declare(link)
    await show_any_visit(link)
    token = Tokens(settings()).sign(asker(Role.COMPLIANCE), ids.new())
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=10) as client:
        await ready(client)
        async with client.stream("GET", f"/v1/visits/{visit_id}/events") as followed:
            said, lines = say(link, visit_id), followed.aiter_lines()
            got = [await anext(lines) for _ in range(6)]
            gateway.send_signal(signal.SIGTERM)
            assert [line async for line in lines] == []
    await link.close()
    assert str(said.id) in "".join(got)
    _, errors = gateway.communicate(timeout=10)
    logged = [json.loads(line) for line in errors.splitlines()]
    assert gateway.returncode in (0, -signal.SIGTERM), logged
    assert "follow_visit" in {line.get("message") for line in logged}
    assert str(visit_id) not in errors.decode()


def test_in_production_it_says_why_it_does_not_start(
    with_broker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOORSTEP_ENVIRONMENT", "production")
    code = "from gateway.main import run; run()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("the gateway does not start: DOORSTEP_ENV")
