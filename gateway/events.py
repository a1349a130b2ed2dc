"""What happens, as it happens: server-sent events (WHATWG HTML, 9.2)."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.responses import Response
from fastapi.sse import KEEPALIVE_COMMENT
from pydantic import RootModel
from starlette.types import Receive, Scope, Send

from chassis import clock
from chassis.errors import Invalid
from chassis.streams import Position
from gateway.door import Call, Door, mount
from gateway.feed import Feed
from gateway.readers import Ended, Reader
from gateway.roles import EVENT_READERS, VISIT_READERS
from gateway.telling import Wish
from gateway.tokens import Claims
from proto.audience import AUDIENCE_OF, Audience
from proto.base import Detail
from proto.field_visit import ShowVisit

#: Events of the past in one piece. Seconds a reader has to take what it has missed once
#: it was ended: one that takes nothing is cut off.
PIECE, GRACE_S = 64, 5.0


class EventText(RootModel[str]):
    """A stream of events: `id` is `epoch.offset`, `event` the topic, `data` the envelope.

    `here` and `reset` have no envelope but the `position` where the reader is.
    """


VISIT = Door(
    name="follow_visit",
    method="GET",
    path="/v1/visits/{visit_id}/events",
    roles=VISIT_READERS,
    gives=EventText,
    media="text/event-stream",
    says="What happens at a visit: what has lately, then each event as it comes. "
    "Ends with the access token; come again with a new one and Last-Event-ID.",
)
ALL = Door(
    name="follow_events",
    method="GET",
    path="/v1/events",
    roles=EVENT_READERS,
    gives=EventText,
    media="text/event-stream",
    says="Every event that the caller may be told of, of all visits and cases; of an "
    "agency's people, of their agency's. Begins with `here`, and after a Last-Event-ID "
    "with all that came since; or with `reset` when that is no longer known: then look "
    "at everything again. Ends with the access token.",
)


class Telling(Response):
    """What a reader is told until its token or its patience ends, or it hangs up."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, reader: Reader, seconds: float) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self.feed, self.reader, self.seconds = feed, reader, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        end = asyncio.get_running_loop().call_later(self.seconds, self.reader.end)
        tasks = {
            "telling": asyncio.create_task(self.tell(send)),
            "hung up": asyncio.create_task(hangs_up(receive)),
            "over": asyncio.create_task(self.reader.over.wait()),
        }
        try:
            await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
            if tasks["over"].done() and not tasks["hung up"].done():
                await asyncio.wait({tasks["telling"]}, timeout=GRACE_S)
        finally:
            end.cancel()
            self.feed.leave(self.reader)
            for task in tasks.values():
                task.cancel()
            await asyncio.wait(tasks.values())
        if not tasks["telling"].cancelled():
            tasks["telling"].result()

    async def tell(self, send: Send) -> None:
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        for piece in self.first():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        try:
            while piece := await self.reader.next():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except Ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def first(self) -> Iterator[bytes]:
        """Yield a comment at once, so that the caller sees it was heard; then the past."""
        past, self.reader.past = self.reader.past, []
        yield KEEPALIVE_COMMENT
        for begin in range(0, len(past), PIECE):
            yield b"".join(past[begin : begin + PIECE])


async def hangs_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def follow_visit(call: Call, _: Any) -> Response:
    """Open a visit's stream. Whoever may not see it gets its service's problem.

    It ends when one of the pair is swapped: whoever comes again is asked for anew.
    """
    visit_id = UUID(call.path_ids["visit_id"])
    after, read = last_event_id(call), call.parts.feed.last.offset
    await call.parts.services.ask(
        "field_visit",
        ShowVisit(visit_id=visit_id),
        call.claims.asker(),
        trace=call.trace,
    )
    found = await telling(call, wish_of(call.claims, visit_id), after)
    if call.parts.feed.swapped_since(visit_id, read):  # while we asked: the answer is old
        found.reader.past = []
        found.reader.end()
    return found


async def follow_events(call: Call, _: Any) -> Response:
    """Open the stream of everything that the caller may be told."""
    return await telling(call, wish_of(call.claims), last_event_id(call))


def wish_of(claims: Claims, visit_id: UUID | None = None) -> Wish:
    """Return what somebody is to be told: of all, or of a visit that they may see."""
    audience = AUDIENCE_OF[claims.role]
    if visit_id:
        return Wish(audience, None, visit_id)
    return Wish(audience, claims.agency_id if audience is Audience.AGENCY else None)


async def telling(call: Call, wish: Wish, after: Position | None) -> Telling:
    feed, claims = call.parts.feed, call.claims
    reader = await feed.join(wish, claims.sub, after)
    return Telling(feed, reader, claims.exp - clock.now().timestamp())


def last_event_id(call: Call) -> Position | None:
    """Return how far the caller has read. Raises Invalid when it is no position."""
    text = call.request.headers.get("last-event-id", "")
    if not text:
        return None
    try:
        return Position.parse(text)
    except ValueError:
        wrong = Detail(pointer="/Last-Event-ID", kind="no-position", values={"key": text})
        raise Invalid("malformed", wrong) from None


def open_doors(app: FastAPI) -> None:
    mount(app, VISIT, follow_visit)
    mount(app, ALL, follow_events)
