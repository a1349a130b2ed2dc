"""A gateway for the browser: the real pages, and answers of the contract's own shapes.

What a service would say is what the switches of `World` say: an empty day, a full one, a
broken one, a call for help, a stream that is lost.
"""

import asyncio
import base64
import hashlib
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from gateway import pages
from gateway.edge import Edge
from proto import ids
from proto.base import Envelope, Event, Reply, Role
from proto.field_visit import (
    Danger,
    HelpKnown,
    HelpShown,
    VisitShown,
    VisitState,
    Watch,
)
from proto.media import MediaList, MediaShown
from proto.oversight import (
    BankBoard,
    BankVisit,
    Board,
    BoardVisit,
    HelpAlert,
    Timeline,
    TimelineEntry,
)
from proto.places import Position
from proto.recording import CoverageShown
from tests.browser import scenes

PASSWORD = "a long enough password"


@dataclass
class World:
    """What the fake says, and what it was asked."""

    visits: list[BankVisit] = field(default_factory=list)
    entries: dict[UUID, list[TimelineEntry]] = field(default_factory=dict)
    files: dict[UUID, list[MediaShown]] = field(default_factory=dict)
    bytes: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    operations: dict[str, Any] = field(default_factory=scenes.operations)
    role: Role = Role.BANK_OFFICER
    day: date = scenes.DAY
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    tokens: set[str] = field(default_factory=set)
    #: Paths that answer with this status, by how they begin.
    broken: dict[str, int] = field(default_factory=dict)
    retry_after: int = 1
    #: Paths that do not answer until it is set.
    slow: dict[str, threading.Event] = field(default_factory=dict)
    streams: bool = True
    told: list[tuple[str, str, str]] = field(default_factory=list)
    #: Files that a revoked phone sent.
    revoked: set[UUID] = field(default_factory=set)
    #: How much of each is recorded.
    coverage: dict[UUID, CoverageShown] = field(default_factory=dict)
    #: Visits of which only the bank sees photos and sound.
    restricted: set[UUID] = field(default_factory=set)
    #: What a call for help is about and where from; one that is not here said neither.
    about: dict[UUID, tuple[Danger | None, Position | None]] = field(default_factory=dict)
    #: How far the board is behind the stream.
    lags: int = 0
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    page: int = 100

    def position(self) -> str:
        return self.place(len(self.told) - self.lags)

    def place(self, offset: int) -> str:
        """A position: it begins with a digest of what stands there, as the stream's do."""
        return f"{hashlib.sha256(str(offset).encode()).hexdigest()[:16]}.{offset}"

    def tell(self, event: Event) -> UUID:
        """Say an event in the stream, as the gateway's stream does."""
        about = getattr(event, "visit_id", None) or getattr(event, "case_id", None)
        envelope = Envelope(
            source="field_visit",
            type=event.topic(),
            subject=str(about),
            time=self.now,
            by="?",
            trace="0" * 32,
            data=event.model_dump(mode="json"),
        )
        place = self.place(len(self.told) + 1)
        self.told.append((event.topic(), place, envelope.model_dump_json()))
        return envelope.id

    def reset(self) -> None:
        """What whoever listens knew is no longer known to the stream."""
        place = self.place(len(self.told) + 1)
        self.told.append(("reset", place, json.dumps({"position": place})))

    def change(self, at: int, **what: Any) -> BankVisit:
        """Change a visit on the board."""
        self.visits[at] = self.visits[at].model_copy(update=what)
        return self.visits[at]

    def find(self, visit_id: UUID) -> BankVisit | None:
        return next((each for each in self.visits if each.visit_id == visit_id), None)

    def count(self, path: str) -> int:
        return sum(asked.startswith(path) for _, asked, _ in self.asked)

    def token(self) -> str:
        """An access token: of it the page reads when it was signed, and nothing else."""
        claims = {"iat": int(self.now.timestamp()), "jti": ids.new().hex}
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        token = f"e30.{body}.c2ln"
        self.tokens.add(token)
        return token


def problem(status: int, kind: str, detail: str, **headers: str) -> Response:
    body = {"type": f"/problems/{kind}", "title": kind, "status": status, "detail": detail}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def say(reply: Reply) -> Response:
    return Response(reply.model_dump_json(), media_type="application/json")


def make(world: World) -> FastAPI:
    """Return the app that says what this world is."""
    app = FastAPI(openapi_url=None)
    pages.open_doors(app)
    app.add_middleware(Edge)
    for part in (sessions, board, one_visit, media, stream, switched):
        part(app, world)
    return app


def switched(app: FastAPI, world: World) -> None:
    """Turn the switches of the world for every question."""

    @app.middleware("http")
    async def switches(request: Request, proceed: Any) -> Response:
        path = request.url.path
        if not path.startswith("/v1/"):
            return await proceed(request)
        world.asked.append((request.method, path, dict(request.headers)))
        for prefix, gate in world.slow.items():
            while path.startswith(prefix) and not gate.is_set():
                await asyncio.sleep(0.01)
        for prefix, status in world.broken.items():
            if path.startswith(prefix):
                return broken(request, status, world.retry_after)
        if path != "/v1/sessions" and not known(request, world):
            return problem(401, "token-expired", "The sign-in has ended.")
        return await proceed(request)


def broken(request: Request, status: int, seconds: int) -> Response:
    english = request.headers["accept-language"] == "en"
    detail = (
        "The service oversight does not answer." if english else "服务 oversight 没有应答。"
    )
    return problem(status, "unavailable", detail, **{"Retry-After": str(seconds)})


def known(request: Request, world: World) -> bool:
    if request.url.path == "/v1/sessions/refresh":
        return True
    return request.headers.get("authorization", "").removeprefix("Bearer ") in world.tokens


def sessions(app: FastAPI, world: World) -> None:
    refreshed: set[str] = set()

    def session() -> Response:
        refresh = ids.new().hex
        refreshed.add(refresh)
        found = {"access_token": world.token(), "expires_in": 600, "refresh_token": refresh}
        return JSONResponse(found)

    @app.post("/v1/sessions")
    async def sign_in(request: Request) -> Response:
        if (await request.json())["password"] != PASSWORD:
            return problem(401, "wrong-password", "Name or password is wrong.")
        return session()

    @app.post("/v1/sessions/refresh")
    async def refresh(request: Request) -> Response:
        given = (await request.json())["refresh_token"]
        if given not in refreshed:
            return problem(401, "token-used", "The sign-in has ended.")
        refreshed.discard(given)
        return session()

    @app.delete("/v1/sessions/current")
    async def sign_out() -> Response:
        return Response(status_code=204)

    @app.get("/v1/me")
    async def me() -> Response:
        return JSONResponse({"name": "wang.hua", "role": world.role.value})


def board(app: FastAPI, world: World) -> None:
    @app.get("/v1/board")
    async def show(limit: int, after: str = "0") -> Response:
        if world.role is not Role.SUPERVISOR:
            return problem(403, "role-may-not", "Your role may not do this.")
        found = page(limit, after)
        told = (each.model_dump(exclude={"holds", "duties"}) for each in found.visits)
        visits = tuple(BoardVisit(**each) for each in told)
        return say(Board(visits=visits, **found.model_dump(exclude={"visits"})))

    @app.get("/v1/bank-board")
    async def show_bank(limit: int, after: str = "0") -> Response:
        if world.role not in (Role.BANK_OFFICER, Role.COMPLIANCE):
            return problem(403, "role-may-not", "Your role may not do this.")
        return say(page(limit, after))

    def page(limit: int, after: str) -> BankBoard:
        at, size = int(after), min(limit, world.page)
        more = str(at + size) if len(world.visits) > at + size else None
        visits = tuple(world.visits[at : at + size])
        where = world.position() if world.streams else None
        return BankBoard(day=world.day, visits=visits, next=more, position=where)

    @app.get("/v1/operations")
    async def operations() -> Response:
        if world.role is Role.SUPERVISOR:
            return problem(403, "role-may-not", "Your role may not do this.")
        return JSONResponse(world.operations)


VISIT = "/v1/visits/{visit_id}"


def one_visit(app: FastAPI, world: World) -> None:
    @app.get(VISIT)
    async def show(visit_id: UUID) -> Response:
        found = world.find(visit_id)
        if found is None:
            return problem(404, "not-found", "There is no such visit.")
        shown = VisitShown(
            **found.model_dump(include={"visit_id", "case_id", "zone", "ending"}),
            **found.model_dump(include={"not_before", "not_after", "withdrawn"}),
            state=VisitState.PLANNED,
            collectors=(ids.new(), ids.new()),
            present=(),
            inside=False,
            special=False,
            sheet=None,
            badge=None,
        )
        return say(shown)

    @app.get(f"{VISIT}/timeline")
    async def timeline(visit_id: UUID, limit: int, after: str = "0") -> Response:
        if world.find(visit_id) is None:
            return problem(404, "not-found", "There is no such visit.")
        entries, at = world.entries.get(visit_id, []), int(after)
        size = min(limit, world.page)
        more = str(at + size) if len(entries) > at + size else None
        return say(Timeline(entries=tuple(entries[at : at + size]), next=more))

    @app.post(VISIT + "/help/{help_id}/acknowledgement")
    async def acknowledge(visit_id: UUID, help_id: UUID) -> Response:
        at = next(n for n, each in enumerate(world.visits) if each.visit_id == visit_id)
        calls = [heard(each, world.now) for each in world.visits[at].help]
        world.change(at, help=tuple(calls))
        call = next(each for each in calls if each.help_id == help_id)
        known = call.model_dump(include={"help_id", "called_at", "acknowledged_at"})
        return say(HelpKnown(visit_id=visit_id, **known))

    @app.get(VISIT + "/help/{help_id}")
    async def about(visit_id: UUID, help_id: UUID) -> Response:
        found = world.find(visit_id)
        assert found is not None
        call = next(each for each in found.help if each.help_id == help_id)
        kind, position = world.about.get(help_id, (None, None))
        known = call.model_dump(include={"help_id", "called_at", "acknowledged_at"})
        told, who = call.told or Watch.SUPERVISOR, ids.new()
        shown = HelpShown(
            **known,
            visit_id=visit_id,
            collector_id=who,
            told=told,
            kind=kind,
            position=position,
        )
        return say(shown)


def media(app: FastAPI, world: World) -> None:
    @app.get(f"{VISIT}/media")
    async def of_visit(visit_id: UUID) -> Response:
        kept = visit_id in world.restricted and world.role is Role.SUPERVISOR
        files = () if kept else tuple(world.files.get(visit_id, []))
        found = MediaList(media=files, restricted=visit_id in world.restricted)
        body = found.model_dump(mode="json")
        for each in body["media"]:
            each["counts"] = UUID(each["media_id"]) not in world.revoked
        return JSONResponse(body)

    @app.get(f"{VISIT}/coverage")
    async def coverage(visit_id: UUID) -> Response:
        kept = visit_id in world.restricted and world.role is Role.SUPERVISOR
        nothing = CoverageShown(visit_id=visit_id, restricted=kept)
        return say(nothing if kept else world.coverage.get(visit_id, nothing))

    @app.get("/v1/media/{media_id}{rest:path}")
    async def content(media_id: UUID, rest: str) -> Response:
        found = world.bytes.get(f"{media_id}{rest}")
        if found is None:
            return problem(404, "not-found", "There is no such file.")
        return Response(found[0], media_type=found[1])


def heard(call: HelpAlert, now: datetime) -> HelpAlert:
    """Who acts on one call of a visit acts on all that are open with it."""
    if call.acknowledged_at:
        return call
    return call.model_copy(update={"acknowledged_at": now})


def stream(app: FastAPI, world: World) -> None:
    @app.get("/v1/events")
    async def events(request: Request) -> Response:
        if not world.streams:
            return problem(503, "unavailable", "No stream.", **{"Retry-After": "1"})
        last = request.headers.get("last-event-id", "")
        at = int(last.rpartition(".")[2]) if last else 0
        # Somebody between us may wait for the headers' first bytes.
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(lines(world, at), 200, headers, "text/event-stream")


async def lines(world: World, at: int) -> AsyncIterator[bytes]:
    """The events beyond a place, torn in the middle of a character: networks do that."""
    here = world.place(at)
    yield f": keep-alive\r\n\r\nevent: here\r\nid: {here}\r\n".encode()
    yield f'data: {{"position": "{here}"}}\r\n\r\n'.encode()
    while world.streams:
        for topic, offset, data in world.told[at:]:
            text = f"id: {offset}\nevent: {topic}\ndata: {data}\n\n".encode()
            yield text[: len(text) // 2]
            yield text[len(text) // 2 :]
            at += 1
        await asyncio.sleep(0.01)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an app on a free port of loopback, from a thread; yield its address."""
    config = uvicorn.Config(
        app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive(), "the fake gateway did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
