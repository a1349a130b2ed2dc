"""One operation of the API, and the only way a route comes into being.

The order at every door: who asks, may that role, then the body, then the work. So
nobody unknown makes us read a body.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.errors import Forbidden
from gateway import bodies
from gateway.errors import NotAcceptable, Unauthenticated
from gateway.parts import Parts
from gateway.roles import OPEN, Roles
from gateway.tokens import Claims


@dataclass(frozen=True)
class Door:
    """Where an operation is, who may, what it takes and gives.

    `most` is the size of a body in bytes; `gives` None answers `status` without one;
    `keyed`: it wants an Idempotency-Key; `lands`: what is given when it is taken in alone.
    `streams` is the media type of a body that the work reads itself, `asks` the headers it
    reads; `headers` stand on every answer; `policy` is its own
    Content-Security-Policy, where it has one.
    """

    name: str
    method: str
    path: str
    roles: Roles
    takes: type[BaseModel] | None = None
    gives: type[BaseModel] | None = None
    most: int = bodies.PHONE
    media: str = "application/json"
    says: str = ""
    keyed: bool = False
    lands: type[BaseModel] | None = None
    streams: str = ""
    status: int = 204
    asks: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    policy: str = ""

    @property
    def path_ids(self) -> tuple[str, ...]:
        """Return the names of the ids in the path."""
        parts = self.path.split("/")
        return tuple(part[1:-1] for part in parts if part.startswith("{"))


@dataclass(frozen=True)
class Call:
    """One request at a door. `claims` are absent only where a door is open."""

    request: Request
    who: Claims | None

    @property
    def parts(self) -> Parts:
        return cast(Parts, self.request.app.state.parts)

    @property
    def claims(self) -> Claims:
        if self.who is None:
            raise Unauthenticated("unauthenticated")
        return self.who

    @property
    def trace(self) -> str:
        return str(self.request.scope["trace"])

    @property
    def path_ids(self) -> dict[str, str]:
        ids = self.request.path_params
        return {name: str(value) for name, value in ids.items() if isinstance(value, UUID)}


#: What is done at a door: from the call and the body (JSON, or None without one).
Work = Callable[[Call, Any], Awaitable[BaseModel | Response | None]]


class Way(Route):
    """The way to a door. Most are told apart by how they end, without reading them."""

    def __init__(self, path: str, endpoint: Any, method: str, name: str) -> None:
        super().__init__(path, endpoint, methods=[method], name=name)
        self.methods = {method}  # no HEAD of its own accord
        self.app = straight(endpoint)
        self.ending = path.rpartition("}")[2]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if not scope["path"].endswith(self.ending):
            return Match.NONE, {}
        return super().matches(scope)


def straight(endpoint: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
    """Answer what an endpoint returns; what it raises is for `gateway.app.App`'s layer.

    Starlette's own would put a second such layer around each endpoint.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await endpoint(Request(scope, receive, send))
        await response(scope, receive, send)

    return app


def mount(app: FastAPI, door: Door, work: Work) -> None:
    """Open a door in the app."""

    async def endpoint(request: Request) -> Response:
        request.scope["door"] = door
        call = Call(request, admit(request, door.roles))
        refuse_other_media(request, door.media)
        body = await bodies.read(request, door.most) if door.takes else None
        return answer(await work(call, body))

    endpoint.__doc__ = door.says
    endpoint.door = door  # type: ignore[attr-defined]
    # A plain route: FastAPI's own would solve dependencies that no door has.
    path = door.path.replace("_id}", "_id:uuid}")
    app.router.routes.append(Way(path, endpoint, door.method, door.name))


def admit(request: Request, roles: Roles) -> Claims | None:
    """Return who asks, if they may.

    Raises Unauthenticated; Forbidden when this door is not for their role.
    """
    if roles is OPEN:
        return None
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("unauthenticated")
    parts: Parts = request.app.state.parts
    claims = parts.accounts.tokens.read(token.strip())
    request.scope["by"] = str(claims.sub)
    if claims.role not in roles:
        raise Forbidden("role-may-not", role=claims.role.value)
    return claims


def refuse_other_media(request: Request, media: str) -> None:
    """Raise NotAcceptable when Accept has no room for what this door gives."""
    if media == "*/*":
        return
    accept = request.headers.get("accept", "*/*").lower()
    fitting = {"*/*", f"{media.partition('/')[0]}/*", media}
    ranges = [part.split(";") for part in accept.split(",")]
    for name, *parameters in ranges:
        refused = any(each.replace(" ", "") in ZERO for each in parameters)
        if name.strip() in fitting and not refused:
            return
    raise NotAcceptable("not-acceptable", media=media)


ZERO = frozenset({"q=0", "q=0.0", "q=0.00", "q=0.000"})


def answer(result: BaseModel | Response | None) -> Response:
    if isinstance(result, Response):
        return result
    if result is None:
        return Response(status_code=204)
    return Response(result.model_dump_json(), media_type="application/json")


def doors(app: FastAPI) -> list[Door]:
    """Return every door of the app.

    Raises RuntimeError when a route was made in another way: nobody guards it.
    """
    found = []
    for route in app.routes:
        door = getattr(getattr(route, "endpoint", None), "door", None)
        if not isinstance(door, Door):
            name = getattr(route, "path", repr(route))
            raise RuntimeError(f"{name} is no Door; open it with gateway.door.mount")
        found.append(door)
    return found
