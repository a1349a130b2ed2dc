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
import uvicorn
from fastapi import FastAPI

from chassis import amqp, clock, streams, topology
from chassis.settings import settings
from chassis.topology import COMMANDS, EVENTS
from gateway import feed as feeds
from gateway.feed import Feed
from gateway.main import DEAD_MS, Server
from gateway.readers import Reader
from gateway.stream import Stream
from gateway.telling import Wish
from gateway.tokens import Tokens
from proto import ids
from proto.audience import Audience
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


WISH = Wish(Audience.COMPLIANCE)


async def heard(reader: Reader, until: Envelope) -> list[str]:
    """The ids of the events that a reader is told, up to one of them."""
    text, reader.past = b"".join(reader.past).decode(), []
    async with asyncio.timeout(20):
        while str(until.id) not in text:
            text += (await reader.next()).decode()
    data = [line[6:] for line in text.split("\n") if line.startswith("data: ")]
    return [event["id"] for event in map(json.loads, data) if "id" in event]


async def test_the_stream_is_read_on_after_a_lost_connection_and_never_twice(
    with_broker: None,
) -> None:
    link = await amqp.connect(settings())
    await amqp.declare(link)
    feed, visit_id, me = Feed(), ids.new(), ids.new()
    stream = Stream(settings(), feed)
    before = say(link, visit_id)
    stream.start()
    of_visit = await feed.join(Wish(Audience.AGENCY, None, visit_id), me, None)
    of_all = await feed.join(WISH, me, None)
    assert await heard(of_visit, before) == [str(before.id)]
    assert stream.link
    stream.link.connection.close()
    later = say(link, visit_id)
    assert await heard(of_all, later) == [str(later.id)]
    assert await heard(of_visit, later) == [str(later.id)]
    await stream.stop()
    await link.close()


async def test_a_new_gateway_knows_the_places_of_the_one_before(with_broker: None) -> None:
    """Also when more has happened than it keeps: it reads the end of the stream."""
    link = await amqp.connect(settings())
    await amqp.declare(link)
    visit_id, me, positions = ids.new(), ids.new(), []
    said = [say(link, visit_id) for _ in range(30)]
    for size in (20_000, 12):
        feed = Feed(ring=size)
        stream = Stream(settings(), feed)
        stream.start()
        reader = await feed.join(WISH, me, None)
        if not positions:
            positions = [each.position for each in feed.ring][-30:]
        assert feed.last == positions[-1]
        back = await feed.join(WISH, me, positions[19])
        assert await heard(back, said[-1]) == [str(each.id) for each in said[20:]]
        feed.leave(reader)
        await stream.stop()
    assert "reset" in b"".join((await feed.join(WISH, me, positions[9])).past).decode()
    await link.close()


async def test_a_stream_of_before_that_is_gone_is_forgotten(
    with_broker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SILENT_S", 1.0)
    monkeypatch.setattr(feeds, "AHEAD_S", 1.0)
    link = await amqp.connect(settings())
    await amqp.declare(link)
    feed, visit_id, me = Feed(), ids.new(), ids.new()
    stream = Stream(settings(), feed)
    stream.start()
    old = say(link, visit_id)
    while old.id not in feed.ids:
        await asyncio.sleep(0.01)
    reader, place = await feed.join(WISH, me, None), feed.last
    await link.ask(link.channel.queue_delete, queue=topology.STREAM)
    await amqp.declare(link)
    new = say(link, visit_id)
    await asyncio.wait_for(reader.over.wait(), 20)
    while new.id not in feed.ids:
        await asyncio.sleep(0.01)
    assert old.id not in feed.ids
    assert "reset" in b"".join((await feed.join(WISH, me, place)).past).decode()
    await stream.stop()
    await link.close()


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
    assert gateway.returncode == 0, logged
    assert "follow_visit" in {line.get("message") for line in logged}
    assert str(visit_id) not in errors.decode()


def test_in_production_it_says_why_it_does_not_start(
    with_broker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOORSTEP_ENVIRONMENT", "production")
    for name in ("NAME", "HOTLINE", "COMPLAINTS"):
        monkeypatch.setenv(f"DOORSTEP_BANK_{name}", "400-000-0001")
    code = "from gateway.main import run; run()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("the gateway does not start: DOORSTEP_ENV")


async def nothing(scope: Any, receive: Any, send: Any) -> None: ...


async def test_who_takes_nothing_that_was_sent_is_cut_off_by_tcp(app: FastAPI) -> None:
    config = uvicorn.Config(nothing, port=0, lifespan="off", log_config=None)
    config.load()
    server = Server(config, app.state.parts)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    while not server.server_state.connections:
        await asyncio.sleep(0.01)
    (connection,) = server.server_state.connections
    taken = connection.transport.get_extra_info("socket")
    assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == DEAD_MS
    writer.close()
    await server.shutdown()
