"""Around every request: its trace, one log line, security headers, and the last net."""

import time
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.logs import log, said
from gateway import counting, problems
from gateway.door import Door
from proto import ids

#: Nobody sniffs an answer of ours, or learns from a link where somebody was.
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
#: Nobody frames or scripts it (CSP 3).
POLICY = b"default-src 'none'; frame-ancestors 'none'"
#: But a page runs its own scripts, shows its own pictures, and asks its own doors.
PAGE_POLICY = b"; ".join(
    (
        b"default-src 'none'",
        b"script-src 'self'",
        b"style-src 'self'",
        b"img-src 'self' blob:",
        b"media-src blob:",
        b"connect-src 'self'",
        b"base-uri 'none'",
        b"form-action 'none'",
        b"frame-ancestors 'none'",
        b"require-trusted-types-for 'script'",
        b"trusted-types 'none'",
    )
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
    path, door = scope["path"], scope.get("door")
    found = [*HEADERS, (b"content-security-policy", policy(path, door))]
    own = door.headers if door else ()
    found += [(name.lower().encode(), text.encode()) for name, text in own]
    private = path.startswith("/v1") or is_under("/d", path)
    return [*found, NO_STORE] if private else found


def policy(path: str, door: Door | None) -> bytes:
    """Return what the browser may do with an answer."""
    if door and door.policy:
        return door.policy.encode()
    return PAGE_POLICY if is_under("/ops", path) else POLICY


def is_under(root: str, path: str) -> bool:
    return path == root or path.startswith(f"{root}/")


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
    seconds = time.monotonic() - began
    counting.count(door, status, seconds)
    ms = round(seconds * 1000, 1)
    said("answered", **fields(scope), outcome=str(status), ms=ms)
