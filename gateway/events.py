"""A visit's events as they happen: server-sent events (WHATWG HTML, 9.2)."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.responses import Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from pydantic import RootModel

from chassis import clock
from chassis.errors import Invalid
from gateway.door import Call, Door, mount
from gateway.feed import Told
from gateway.roles import VISIT_READERS
from proto.base import Detail
from proto.field_visit import ShowVisit


class EventText(RootModel[str]):
    """A stream of events: `id` is the offset, `event` the topic, `data` the envelope."""


DOOR = Door(
    name="follow_visit",
    method="GET",
    path="/v1/visits/{visit_id}/events",
    roles=VISIT_READERS,
    gives=EventText,
    media="text/event-stream",
    says="What happens at a visit: the past hour's events, then each as it comes. "
    "Ends with the access token; come again with a new one and Last-Event-ID.",
)


async def follow(call: Call, _: Any) -> Response:
    """Open the stream. Whoever may not see the visit gets its service's problem."""
    visit_id = UUID(call.path_ids["visit_id"])
    after = last_event_id(call)
    await call.parts.services.ask(
        "field_visit",
        ShowVisit(visit_id=visit_id),
        call.claims.asker(),
        trace=call.trace,
    )
    seconds = call.claims.exp - clock.now().timestamp()
    told = call.parts.feed.follow(visit_id, after, seconds)
    return EventSourceResponse(lines(told), headers={"X-Accel-Buffering": "no"})


def last_event_id(call: Call) -> int | None:
    """Return the offset the caller has seen. Raises Invalid when it is no number."""
    text = call.request.headers.get("last-event-id", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        wrong = Detail(
            pointer="/Last-Event-ID", kind="field", values={"type": "int_parsing"}
        )
        raise Invalid("malformed", wrong)
    return int(text)


async def lines(told: AsyncIterator[Told | None]) -> AsyncIterator[bytes]:
    """Write events as lines, and a comment when all is quiet, so that proxies wait."""
    yield KEEPALIVE_COMMENT
    async for each in told:
        yield KEEPALIVE_COMMENT if each is None else line(each)


def line(told: Told) -> bytes:
    return format_sse_event(data_str=told.data, event=told.topic, id=str(told.offset))


def open_doors(app: FastAPI) -> None:
    mount(app, DOOR, follow)
