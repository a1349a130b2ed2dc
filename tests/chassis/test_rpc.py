"""The gateway's client, with a real broker and services that behave oddly."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pika
import pytest

from chassis import amqp, clock, rpc
from chassis.errors import Unavailable
from chassis.rpc import Client
from chassis.settings import Settings
from proto import ids
from proto.base import Answer, Asker, Command, Role
from proto.dispatch import HoldCase, HoldReason, PlanVisits, VisitEntry
from proto.field_visit import ListVisits, SummonHelp
from tests.chassis.acting import OFFICER

pytestmark = pytest.mark.anyio
HOLD = HoldCase(case_id=ids.new(), reason=HoldReason.COMPLAINT)
DONE = {"reply": "{}"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client(found: Settings) -> AsyncIterator[Client]:
    made = Client(found, deadline_s=1.5)
    await made.start()
    await until_connected(made)
    yield made
    await made.stop()


async def until_connected(client: Client) -> None:
    async with asyncio.timeout(20):
        while not client.connected:
            await asyncio.sleep(0.02)


class Service:
    """Answers orders by `answer`, a body or nothing at all, and keeps what came."""

    def __init__(self, link: amqp.Link, name: str) -> None:
        self.link, self.name = link, name
        self.orders: list[dict[str, Any]] = []

    async def listen(self) -> None:
        channel = self.link.channel
        found = await self.link.ask(channel.queue_declare, queue="", exclusive=True)
        queue, key = found.method.queue, f"{self.name}.carry_out"
        await self.link.ask(
            channel.queue_bind, queue=queue, exchange=rpc.COMMANDS, routing_key=key
        )
        await self.link.ask(
            channel.basic_consume, queue=queue, on_message_callback=self.hear, auto_ack=True
        )

    def hear(self, _: Any, __: Any, properties: Any, body: bytes) -> None:
        orders = json.loads(body)["kwargs"]["orders"]
        self.orders += orders
        if (reply := self.answer(orders)) is not None:
            back = pika.BasicProperties(correlation_id=properties.correlation_id)
            self.link.channel.basic_publish(rpc.COMMANDS, properties.reply_to, reply, back)

    def answer(self, orders: list[dict[str, Any]]) -> bytes | None:
        return json.dumps({"result": [DONE] * len(orders), "error": None}).encode()


@pytest.fixture
async def service(found: Settings, client: Client) -> AsyncIterator[Service]:
    link = await amqp.connect(found)
    made = Service(link, f"s{ids.new().hex}")
    await made.listen()
    yield made
    await link.close()


def plans() -> PlanVisits:
    entry = {
        "visit_id": ids.new(),
        "case_id": ids.new(),
        "collectors": (ids.new(), ids.new()),
        "letter_id": ids.new(),
        "not_before": "2026-03-02T12:00:00Z",
        "not_after": "2026-03-02T13:00:00Z",
    }
    return PlanVisits(visits=(VisitEntry.model_validate(entry),))


@pytest.mark.parametrize(
    "reply",
    [
        b"{",
        b"[]",
        b'{"error": null}',
        b'{"error": "words", "result": null}',
        b'{"error": null, "result": null}',
        b'{"error": null, "result": []}',
        b'{"error": null, "result": [{"reply": 7}]}',
        b'{"error": {"exc_type": "MethodNotFound"}, "result": null}',
    ],
)
async def test_a_reply_that_cannot_be_read_is_answered_and_leaves_its_place(
    client: Client, service: Service, reply: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "answer", lambda _: reply)
    with pytest.raises(Unavailable, match="service-failed"):
        await client.ask(service.name, HOLD, OFFICER)
    assert (client.line(service.name).sent, client.messages) == (0, {})


async def test_an_order_says_until_when_it_is_waited_for(
    client: Client, service: Service
) -> None:
    assert await client.ask(service.name, HOLD, OFFICER) == Answer(reply="{}")
    assert service.orders[0]["good_until"] is not None


async def test_one_deadline_holds_for_all_ways_of_an_order(
    client: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is answered "alone" by the group, late; and then by nobody."""
    alone = json.dumps({"result": [{"alone": True}], "error": None}).encode()
    loop = asyncio.get_running_loop()

    def late(orders: list[dict[str, Any]]) -> bytes | None:
        return alone if len(service.orders) == 1 else None

    monkeypatch.setattr(service, "answer", late)
    began = loop.time()
    with pytest.raises(Unavailable, match="service-too-slow"):
        await client.ask(service.name, HOLD, OFFICER)
    assert loop.time() - began < client.deadline_s + 0.5
    assert len({order["good_until"] for order in service.orders}) == 1


async def test_a_flood_of_bulk_work_neither_delays_a_hold_nor_a_question(
    client: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = service.answer

    def slow(orders: list[dict[str, Any]]) -> bytes | None:
        bulky = orders[0]["operation"] == PlanVisits.operation()
        return None if bulky else said(orders)

    monkeypatch.setattr(service, "answer", slow)
    flood = [
        asyncio.create_task(client.ask(service.name, plans(), OFFICER)) for _ in range(40)
    ]
    await asyncio.sleep(0.1)
    commands: list[Command] = [HOLD, ListVisits()]
    for command in commands:
        async with asyncio.timeout(0.5):
            await client.ask(service.name, command, OFFICER)
    other = Asker(account_id=ids.new(), role=Role.BANK_OFFICER)
    flood.append(asyncio.create_task(client.ask(service.name, plans(), other)))
    await asyncio.sleep(0.1)
    bulky = [o for o in service.orders if o["operation"] == PlanVisits.operation()]
    assert [order["asker"]["account_id"] for order in bulky] == [
        str(OFFICER.account_id),
        str(other.account_id),
    ]
    for task in flood:
        task.cancel()


async def test_a_call_for_help_gets_through_while_the_line_is_full(
    client: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody checks in, nothing is answered, 503 for all others: but help is heard."""
    said, help_ = service.answer, SummonHelp.operation()

    def stands(orders: list[dict[str, Any]]) -> bytes | None:
        return said(orders) if orders[0]["operation"] == help_ else None

    monkeypatch.setattr(service, "answer", stands)
    line = client.line(service.name)
    monkeypatch.setattr(line, "patience_s", 5.0)
    askers = [Asker(account_id=ids.new(), role=Role.BANK_OFFICER) for _ in range(40)]
    crowd = [
        asyncio.create_task(client.ask(service.name, HOLD, asker))
        for asker in askers
        for _ in range(20)
    ]
    async with asyncio.timeout(1):
        while line.waiting < line.most:
            await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="line-full"):
        await client.ask(service.name, HOLD, OFFICER)

    call = SummonHelp(
        visit_id=ids.new(), help_id=ids.new(), device_id=ids.new(), at=clock.now()
    )
    async with asyncio.timeout(0.5):
        assert await client.ask(service.name, call, askers[0])
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)


async def test_a_topology_that_is_not_ours_is_said_and_waited_for(
    found: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name = f"commands-{ids.new()}"
    monkeypatch.setattr(rpc, "COMMANDS", name)
    link = await amqp.connect(found)
    await link.ask(link.channel.exchange_declare, exchange=name, exchange_type="fanout")
    client = Client(found)
    await client.start()
    await asyncio.sleep(1)
    assert client.task is not None
    assert not client.task.done()
    assert "gateway waits for the broker: PRECONDITION_FAILED" in caplog.text

    await link.ask(link.channel.exchange_delete, exchange=name)
    await until_connected(client)
    await link.ask(link.channel.exchange_delete, exchange=name)
    await client.stop()
    await link.close()
