"""Following a visit: past and live, in order, once, and never for ever."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from chassis.errors import NotFound
from gateway import feed as feeds
from gateway.feed import BEHIND, Feed, Told
from gateway.stream import read_event
from proto.base import Envelope, Role, Sealed
from tests.gateway.stand_in import Bearer, Hands, StandIn

pytestmark = pytest.mark.anyio

HERE, THERE = UUID(int=8), UUID(int=9)


NUMBERS = count(1)


def told(offset: int, visit_id: UUID = HERE) -> Told:
    """Return an event; each has a greater id than the one made before it."""
    number = UUID(int=next(NUMBERS))
    return Told(offset, number, "field_visit.collectors_left", visit_id, "{}")


async def offsets(found: AsyncIterator[Told | None], most: int) -> list[int | None]:
    return [
        each.offset if each else None
        for each in [await asyncio.wait_for(anext(found), 2) for _ in range(most)]
    ]


async def rest(found: AsyncIterator[Told | None]) -> int:
    return len([each async for each in found])


async def test_past_events_come_first_then_live_ones() -> None:
    feed = Feed()
    for offset, visit in enumerate((HERE, THERE, HERE)):
        feed.take(told(offset, visit))
    found = feed.follow(HERE, None, 60)
    assert await offsets(found, 2) == [0, 2]
    feed.take(told(3, THERE))
    feed.take(told(4))
    assert await offsets(found, 1) == [4]


async def test_a_follower_goes_on_after_the_last_event_it_saw() -> None:
    feed = Feed()
    for offset in range(5):
        feed.take(told(offset))
    assert await offsets(feed.follow(HERE, 2, 60), 2) == [3, 4]


async def test_after_a_lost_connection_nothing_is_told_twice() -> None:
    feed = Feed(ring=3)
    events = [told(offset) for offset in range(6)]
    for event in events[:5]:
        feed.take(event)
    found = feed.follow(HERE, None, 60)
    assert await offsets(found, 3) == [2, 3, 4]
    for event in events:  # all of the past hour, once more
        feed.take(event)
    assert await offsets(found, 1) == [5]
    assert [each.offset for each in feed.ring] == [3, 4, 5]


async def test_a_stream_that_was_made_anew_is_followed() -> None:
    feed = Feed()
    for offset in (100, 101):
        feed.take(told(offset))
    found = feed.follow(HERE, None, 60)
    assert await offsets(found, 2) == [100, 101]
    feed.take(told(0))
    assert await rest(found) == 0
    assert await offsets(feed.follow(HERE, None, 60), 1) == [0]
    feed.caught_up = True
    assert await offsets(feed.follow(HERE, 101, 60), 1) == [0]


async def test_the_ring_forgets_the_oldest_and_its_visit() -> None:
    feed = Feed(ring=2)
    feed.take(told(0, THERE))
    for offset in (1, 2):
        feed.take(told(offset))
    assert feed.of_visit.keys() == {HERE}
    assert len(feed.ids) == len(feed.ring) == 2


async def test_a_slow_follower_is_dropped() -> None:
    feed = Feed()
    feed.take(told(0))
    found = feed.follow(HERE, None, 60)
    assert await offsets(found, 1) == [0]
    for offset in range(1, BEHIND + 100):
        feed.take(told(offset))
    assert await rest(found) == BEHIND
    assert feed.readers == {}


async def test_quiet_is_said_and_the_end_of_the_token_ends_it(
    monkeypatch,
) -> None:
    monkeypatch.setattr(feeds, "KEEP_ALIVE_S", 0.02)
    found = [each async for each in Feed().follow(HERE, None, 0.1)]
    assert set(found) == {None}
    assert 3 <= len(found) <= 6


async def test_all_end_when_the_process_ends() -> None:
    feed = Feed()
    feed.take(told(0))
    found = feed.follow(HERE, None, 60)
    assert await offsets(found, 1) == [0]
    feed.end()
    assert await rest(found) == 0
    assert await rest(feed.follow(HERE, None, 60)) == 0


def envelope(**data: Any) -> Envelope:
    return Envelope(
        source="doorstep/field_visit",
        type="field_visit.entry_declined",
        subject="s",
        time=datetime.fromisoformat("2026-03-02T15:00:00+08:00"),
        by="supervisor:1",
        trace="t",
        data=data,
    )


async def test_sealed_fields_and_who_did_it_are_left_out() -> None:
    sealed = Sealed(key_id=HERE, purpose="p", nonce="n", box="b").model_dump(mode="json")
    said = envelope(
        visit_id=str(HERE), sheet=sealed, deep={"list": [sealed, 1], "place": sealed}
    )
    found = read_event(7, said.model_dump_json().encode())
    assert found is not None
    assert (found.offset, found.event_id, found.visit_id) == (7, said.id, HERE)
    shown = json.loads(found.data)
    assert shown.keys() == Envelope.model_fields.keys() - {"by"}
    assert shown["data"] == {"visit_id": str(HERE), "deep": {"list": [1]}}
    assert read_event(8, envelope(case_id="x").model_dump_json().encode()) is None


async def follow(app: FastAPI, headers: dict[str, str], until: int) -> tuple[int, bytes]:
    """Ask as a browser does; hang up after so many pieces."""
    status, pieces, gone = [0], [b""], asyncio.Event()
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            status[0] = message["status"]
        pieces.append(message.get("body", b""))
        if len(pieces) > until:
            gone.set()

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    path = f"/v1/visits/{HERE}/events"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": raw,
        "client": ("192.0.2.1", 1),
        "server": ("doorstep", 80),
    }
    await asyncio.wait_for(app(scope, receive, send), 5)
    return status[0], b"".join(pieces)


async def test_a_visit_is_followed_as_server_sent_events(
    app, bearer: Bearer, parts, hands: Hands
) -> None:
    for offset in (5, 6):
        parts.feed.take(told(offset))
    accept = {"Accept": "text/event-stream", "Last-Event-ID": "5"}
    status, text = await follow(app, accept | bearer(Role.SUPERVISOR), 3)
    assert status == 200
    assert text == (b": ping\n\nevent: field_visit.collectors_left\ndata: {}\nid: 6\n\n")
    assert parts.feed.readers == {}


async def test_who_may_not_see_a_visit_cannot_follow_it(
    app: FastAPI, bearer: Bearer, services: StandIn
) -> None:
    services.error = NotFound("visit", HERE)
    status, text = await follow(app, bearer(Role.SUPERVISOR), 9)
    assert (status, json.loads(text)["type"]) == (404, "/problems/not-found")


async def test_an_event_id_that_is_none_is_refused(app: FastAPI, bearer: Bearer) -> None:
    status, _ = await follow(app, bearer(Role.SUPERVISOR) | {"Last-Event-ID": "x1"}, 9)
    assert status == 422
