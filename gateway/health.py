"""Is the process alive, can it work, and what does its API look like."""

from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import RootModel

from chassis.errors import Unavailable
from gateway import openapi
from gateway.door import Call, Door, mount
from gateway.roles import OPEN
from proto.base import Reply


class Well(Reply):
    """All is well."""

    status: str = "ok"


class Numbers(RootModel[str]):
    """Prometheus's text format."""


class Description(RootModel[dict[str, Any]]):
    """An OpenAPI 3.1 document."""


async def healthz(_: Call, __: Any) -> Well:
    return Well()


async def readyz(call: Call, _: Any) -> Well:
    """Raise Unavailable naming what is away: the broker, the database, or both.

    The broker is there when it brings back a message of our own.
    """
    away = [] if await call.parts.services.probe() else ["broker"]
    away += [] if await call.parts.database.answers() else ["database"]
    if away:
        raise Unavailable("not-ready", away=away)
    return Well()


async def metrics(_: Call, __: Any) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def description(call: Call, _: Any) -> Response:
    return JSONResponse(openapi.document(call.request.app))


# fmt: off
DOORS = (
    (Door("healthz", "GET", "/healthz", OPEN, gives=Well, says="The process is alive."),
     healthz),
    (Door("livez", "GET", "/livez", OPEN, gives=Well, says="The same, as all parts say."),
     healthz),
    (Door("readyz", "GET", "/readyz", OPEN, gives=Well,
          says="Database and broker do their work."), readyz),
    (Door("metrics", "GET", "/metrics", OPEN, gives=Numbers, media="text/plain",
          says="What can be counted, for Prometheus. Nothing of any person."), metrics),
    (Door("openapi", "GET", "/openapi.json", OPEN, gives=Description,
          says="This description."), description),
)
# fmt: on


def open_doors(app: FastAPI) -> None:
    for door, work in DOORS:
        mount(app, door, work)
