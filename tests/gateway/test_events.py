"""The two streams at their doors: who may open them, what they begin with, their end."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from chassis.errors import NotFound
from chassis.streams import START
from gateway import events
from gateway import feed as feeds
from gateway.feed import PER_ACCOUNT
from gateway.parts import Parts
from gateway.readers import BEHIND
from proto.base import Role
from tests.gateway.stand_in import Bearer, StandIn
from tests.gateway.test_feed import HERE, OURS, at, said

pytestmark = pytest.mark.anyio

VISIT, ALL = f"/v1/visits/{HERE}/events", "/v1/events"
#: The agency of everybody in `tests.gateway.stand_in`.
MINE = UUID(int=2)


@pytest.fixture(autouse=True)
def read_to_the_end(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "AHEAD_S", 0.05)
    parts.feed.know_end(-1)


class Browser:
    """Asks for a stream, reads so many pieces, and hangs up; or reads nothing at all."""

    def __init__(
        self, app: FastAPI, path: str, until: int = 99, reads: bool = True
    ) -> None:
        self.app, self.path, self.until = app, path, until
        self.status, self.pieces = 0, list[bytes]()
        self.gone, self.reads = asyncio.Event(), asyncio.Event()
        self.asked = False
        if reads:
            self.reads.set()

    async def receive(self) -> dict[str, Any]:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        await self.reads.wait()
        self.pieces.append(message.get("body", b""))
        if len(self.pieces) >= self.until:
            self.gone.set()

    async def asks(self, headers: dict[str, str]) -> tuple[int, bytes]:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": b"",
            "headers": raw,
            "client": ("192.0.2.1", 1),
            "server": ("doorstep", 80),
        }
        await asyncio.wait_for(self.app(scope, self.receive, self.send), 5)
        return self.status, b"".join(self.pieces)


async def test_a_visit_is_followed_from_where_one_was(
    app: FastAPI, bearer: Bearer, parts: Parts
) -> None:
    parts.feed.take([said(5), said(6)])
    accept = {"Accept": "text/event-stream", "Last-Event-ID": str(at(5))}
    status, text = await Browser(app, VISIT, 2).asks(accept | bearer(Role.SUPERVISOR))
    assert (status, text) == (200, b": ping\n\n<6>")
    assert (parts.feed.lines, parts.feed.accounts) == ({}, {})


async def test_who_may_not_see_a_visit_cannot_follow_it(
    app: FastAPI, bearer: Bearer, services: StandIn
) -> None:
    services.error = NotFound("visit", HERE)
    status, text = await Browser(app, VISIT).asks(bearer(Role.SUPERVISOR))
    assert (status, json.loads(text)["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize(
    ("role", "heard"),
    [
        (Role.SUPERVISOR, b"<mine>"),
        (Role.BANK_OFFICER, b"<mine><other>"),
        (Role.COMPLIANCE, b"<mine><other>"),
        (Role.COMPLAINTS_OFFICER, b""),
    ],
)
async def test_everything_is_followed_as_far_as_it_is_ones_own(
    app: FastAPI, bearer: Bearer, parts: Parts, role: Role, heard: bytes
) -> None:
    parts.feed.take([
        said(0, agency_id=MINE, lines=b"<mine>"), said(1, agency_id=OURS, lines=b"<other>")
    ])  # fmt: skip
    headers = bearer(role) | {"Last-Event-ID": str(START)}
    browser = Browser(app, ALL, 2 if heard else 1)
    status, text = await browser.asks(headers)
    assert (status, text) == (200, b": ping\n\n" + heard)


@pytest.mark.parametrize(
    "role", [Role.FIELD_COLLECTOR, Role.PHONE_COLLECTOR, Role.ADMINISTRATOR]
)
async def test_nobody_else_follows_everything(app, bearer, role: Role) -> None:
    status, text = await Browser(app, ALL).asks(bearer(role))
    assert (status, json.loads(text)["type"]) == (403, "/problems/role-may-not")


@pytest.mark.parametrize("path", [VISIT, ALL])
@pytest.mark.parametrize("text", ["x1", "5", "0123456789ab.5 x", "0" * 5000])
async def test_an_event_id_that_is_none_is_refused(
    app: FastAPI, bearer: Bearer, path: str, text: str
) -> None:
    headers = bearer(Role.SUPERVISOR) | {"Last-Event-ID": text, "Accept-Language": "en"}
    status, body = await Browser(app, path).asks(headers)
    (wrong,) = json.loads(body)["errors"]
    assert (status, wrong["pointer"]) == (422, "/Last-Event-ID")
    assert wrong["kind"] == "no-position"
    assert wrong["detail"].startswith(text[:50])
    assert len(wrong["detail"]) < 400


async def test_one_stream_too_many_says_what_to_do(
    app: FastAPI, bearer: Bearer, parts: Parts
) -> None:
    headers = bearer(Role.COMPLIANCE) | {"Accept-Language": "en"}
    open_ones = [Browser(app, ALL) for _ in range(PER_ACCOUNT)]
    asking = [asyncio.ensure_future(each.asks(headers)) for each in open_ones]
    while sum(parts.feed.accounts.values()) < PER_ACCOUNT:
        await asyncio.sleep(0)
    status, text = await Browser(app, ALL).asks(headers)
    assert (status, json.loads(text)["type"]) == (429, "/problems/too-many-streams")
    assert "reads 10 event streams already. Close one" in json.loads(text)["detail"]
    for each in open_ones:
        each.gone.set()
    await asyncio.gather(*asking)
    assert parts.feed.accounts == {}


async def test_the_end_of_the_token_ends_it(app, bearer, parts, hands) -> None:
    headers = bearer(Role.COMPLIANCE)
    hands.turn(minutes=10, seconds=-0.05)  # so near its end
    status, text = await Browser(app, ALL).asks(headers)
    assert status == 200
    assert text.startswith(b": ping\n\nevent: here\n")
    assert parts.feed.lines == {}


async def test_who_takes_nothing_is_cut_off(
    app: FastAPI, bearer: Bearer, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "GRACE_S", 0.05)
    browser = Browser(app, ALL, reads=False)
    asking = asyncio.ensure_future(browser.asks(bearer(Role.COMPLIANCE)))
    while not parts.feed.lines:
        await asyncio.sleep(0)
    for offset in range(BEHIND + 1):
        parts.feed.take([said(offset)])
        parts.feed.flush()
    assert await asking == (200, b"")
    assert parts.feed.lines == {}


async def test_who_hangs_up_is_forgotten_at_once(app, bearer, parts) -> None:
    browser = Browser(app, ALL, reads=False)
    asking = asyncio.ensure_future(browser.asks(bearer(Role.COMPLIANCE)))
    while not parts.feed.lines:
        await asyncio.sleep(0)
    browser.gone.set()
    await asking
    assert (parts.feed.lines, parts.feed.accounts) == ({}, {})
