"""Around every request: its trace, one log line, security headers, and the last net."""

import time
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.logs import log, said
from gateway import problems
from proto import ids

#: Nobody frames, sniffs or scripts an answer of ours.
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)
NO_STORE = (b"cache-control", b"no-store")
#: Asked by machines every few seconds.
SILENT = frozenset({"healthz", "livez", "metrics", "readyz"})


class Edge:
    """ASGI middleware. A log line names the route, never the address with its query."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["trace"] = ids.new().hex
        began, status = time.monotonic(), 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *headers(scope)]
            await send(message)

        try:
            await self.app(scope, receive, dressed)
        except ClientDisconnect:
            status = status or 499
        except Exception as error:
            log.exception("unexpected in the gateway", extra={"fields": fields(scope)})
            if status:
                raise ConnectionAbortedError(type(error).__name__) from None
            answer = problems.respond(Request(scope), problems.unexpected())
            await answer(scope, receive, dressed)
        note(scope, status, began)


def headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    return [*HEADERS, NO_STORE] if scope["path"].startswith("/v1") else [*HEADERS]


def fields(scope: Scope) -> dict[str, Any]:
    door = scope.get("door")
    return {
        "service": "gateway",
        "message": door.name if door else scope["method"],
        "trace": scope["trace"],
        "by": scope.get("by", "?"),
    }


def note(scope: Scope, status: int, began: float) -> None:
    door = scope.get("door")
    if door and door.name in SILENT and status < 400:
        return
    ms = round((time.monotonic() - began) * 1000, 1)
    said("answered", **fields(scope), outcome=str(status), ms=ms)
