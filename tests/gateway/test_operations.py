"""How all of it does, as a page shows it."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy import Engine

from chassis import amqp, backlog, clock, tables, topology
from chassis.database import engine
from chassis.queues import NAMES, Depth, depths
from chassis.settings import settings
from proto import ids
from proto.base import Role
from tests.chassis.acting import empty
from tests.gateway.stand_in import Bearer, Hands, StandIn

pytestmark = pytest.mark.anyio

PATH = "/v1/operations"
TABLES = ("outbox", "held_back", "source", "job")


@pytest.fixture
def letters(database_url: str, environment: None) -> Iterator[Engine]:
    """The tables of one service, emptied before and after; nobody else heard of any."""
    its = engine(database_url, "letters", pool=0)
    empty(its, *TABLES, *(f"{name}.source" for name in topology.SERVICES))
    yield its
    empty(its, *TABLES)
    its.dispose()


def put(its: Engine, name: str, **row: Any) -> None:
    with its.begin() as connection:
        connection.execute(tables.metadata.tables[name].insert(), row)


async def shown(client: httpx.AsyncClient, bearer: Bearer) -> Any:
    found = await client.get(PATH, headers=bearer(Role.ADMINISTRATOR))
    assert found.status_code == 200, found.text
    return found.json()


def of(rows: list[dict[str, Any]], **which: str) -> dict[str, Any]:
    [row] = [row for row in rows if which.items() <= row.items()]
    return row


async def test_what_waits_and_who_was_heard_of_is_shown(
    client: httpx.AsyncClient,
    bearer: Bearer,
    letters: Engine,
    hands: Hands,
    services: StandIn,
) -> None:
    services.depths = [Depth("rpc-letters", 3, 1), Depth("doorstep.stream", None, None)]
    event = {"event_id": ids.new(), "subject": "s", "envelope": {}}
    put(letters, "outbox", **event, urgent=True, said_at=hands.now() - timedelta(seconds=9))
    held = event | {"lane": "normal", "topic": "t", "attempts": 9}
    put(letters, "held_back", **held, parked_at=clock.now(), held_at=clock.now())
    heard = {"lane": "normal", "source": "letters", "heard_at": hands.now()}
    put(letters, "source", **heard, ticked_at=hands.now() - timedelta(seconds=2))
    put(letters, "source", **heard | {"source": "dispatch"}, ticked_at=ago(hands, 11))
    found = await shown(client, bearer)

    lane = of(found["outbox"], service="letters", lane="urgent")
    assert (lane["waiting"], lane["oldest_s"]) == (1, 9.0)
    assert of(found["held_back"], service="letters", state="parked")["count"] == 1
    assert of(found["held_back"], service="letters", state="waiting")["count"] == 0
    assert of(found["jobs"], service="letters") == {
        "service": "letters",
        "open": 0,
        "failed": 0,
    }
    parts = {each["name"]: (each["ready"], each["heard_s"]) for each in found["parts"]}
    assert tuple(parts) == topology.SERVICES
    assert (parts["letters"], parts["dispatch"]) == ((True, 2.0), (False, 11.0))
    assert parts["contact"] == (False, None)  # nobody has ever heard of it
    assert found["landed"]["waiting"] == 0
    assert found["queues"] == [
        {"name": "rpc-letters", "messages": 3, "consumers": 1},
        {"name": "doorstep.stream", "messages": None, "consumers": None},
    ]


def ago(hands: Hands, seconds: float) -> Any:
    return hands.now() - timedelta(seconds=seconds)


async def test_without_a_broker_the_rest_is_shown_and_says_so(
    client: httpx.AsyncClient, bearer: Bearer, services: StandIn
) -> None:
    services.depths = None

    found = await shown(client, bearer)
    assert found["queues"] is None
    assert len(found["outbox"]) == 3 * len(topology.SERVICES)


async def test_without_a_database_it_is_a_problem_and_no_empty_page(
    client: httpx.AsyncClient, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> None:
        raise psycopg.OperationalError("password=hunter2")

    monkeypatch.setattr(backlog, "look", away)
    found = await client.get(PATH, headers=bearer(Role.BANK_OFFICER))

    assert (found.status_code, found.json()["type"]) == (
        503,
        "/problems/database-does-not-answer",
    )
    assert "hunter2" not in found.text


async def test_many_who_ask_at_once_are_shown_one_look(
    client: httpx.AsyncClient, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    true_look = backlog.look

    def counted(url: str) -> Any:
        looks.append(url)
        return true_look(url)

    monkeypatch.setattr(backlog, "look", counted)
    found = await asyncio.gather(*(shown(client, bearer) for _ in range(20)))

    assert len(looks) == 1
    assert all(each == found[0] for each in found)


async def test_the_broker_tells_of_its_queues_and_of_one_that_is_not_there(
    environment: None, amqp_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMQP_URI", amqp_uri)
    settings.cache_clear()
    link = await amqp.connect(settings())
    await amqp.declare(link)
    kept, gone = f"kept.{ids.new()}", f"gone.{ids.new()}"
    await link.ask(link.channel.queue_declare, queue=kept, exclusive=True)
    link.channel.basic_publish("", kept, b"1")
    await amqp.probe(link)  # the broker has what was said before it
    found = await depths(link, (gone, kept, gone, topology.queue("letters")))

    assert [each.messages for each in found[:3]] == [None, 1, None]
    assert found[3].consumers is not None
    assert link.channel.is_open  # orders travel on it
    assert {each.name for each in await depths(link)} == {*NAMES}
    await link.close()


def test_nothing_in_it_could_be_a_persons(database_url: str, environment: None) -> None:
    """Labels are names of ours, whatever ids and subjects the rows have."""
    its = engine(database_url, "letters", pool=0)
    put(its, "outbox", event_id=UUID(int=7), subject="陈建国", envelope={"a": "陈建国"})
    labels = {
        value
        for family in backlog.look(database_url)
        for sample in family.samples
        for value in sample.labels.values()
    }
    empty(its, "outbox")
    its.dispose()

    known = {*topology.SERVICES, *topology.LANES, "due", "waiting", "behind", "parked"}
    given = {"otherwise", "unknown"}  # how far a head is with a place
    assert labels - {*known, *given, "refused"} == set()
