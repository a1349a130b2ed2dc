"""The gateway as an ASGI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp

from chassis import garbage
from chassis.errors import Refused
from chassis.media import Folder
from chassis.rpc import Answered, Client
from chassis.settings import Settings
from gateway import (
    asks,
    events,
    evidence,
    health,
    operations,
    packs,
    pages,
    pairing,
    problems,
    reports,
    serving,
    signing_in,
)
from gateway.accounts import Accounts
from gateway.door import doors
from gateway.edge import Edge
from gateway.feed import Feed
from gateway.landing import grants
from gateway.landing.taking import Landing
from gateway.pages import badge
from gateway.parts import Parts, Services
from gateway.passwords import Passwords
from gateway.store import Database
from gateway.stream import Stream
from gateway.uploads import routes as routes_of_uploads
from gateway.uploads.reception import Uploads

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

#: Pages whose scripts come from elsewhere, and redirects to whatever Host was sent. Our
#: description is a door like any other.
OFF: dict[str, Any] = {
    "openapi_url": None,
    "docs_url": None,
    "redoc_url": None,
    "redirect_slashes": False,
}


class App(FastAPI):
    """FastAPI with our edge around the doors, and what gives each error its problem.

    What it would put there besides is for routes of its own, which we have none of, or is
    done by the edge: four layers, which each request would pay for.
    """

    def build_middleware_stack(self) -> ASGIApp:
        return Edge(ExceptionMiddleware(self.router, self.exception_handlers))


def create_app(
    settings: Settings,
    *,
    services: Services | None = None,
    passwords: Passwords | None = None,
) -> FastAPI:
    """Return the application. With a stand-in for `services` it speaks to no broker.

    Raises NotForProduction, LooseFile when a key can be read by others.
    """
    database, feed = Database(settings.database_url), Feed()
    accounts = Accounts(settings, database, passwords)
    asked = services or Client(settings)
    landing = Landing(settings, database, asked)
    uploads = Uploads(Folder(settings.media), database, landing)
    parts = Parts(settings, asked, database, accounts, feed, landing, uploads)
    stream = Stream(settings, feed) if services is None else None
    app = App(title="Doorstep", lifespan=living(parts, stream), **OFF)
    app.state.parts = parts
    furnish(app)
    return app


def furnish(app: FastAPI) -> None:
    """Open every door, and give each error its problem."""
    for routes in (
        health,
        signing_in,
        asks,
        grants,
        pairing,
        packs,
        routes_of_uploads,
        serving,
        evidence,
        reports,
        events,
        operations,
        pages,
        badge,
    ):
        routes.open_doors(app)
    doors(app)  # refuses what nobody guards
    app.add_exception_handler(Refused, problems.refused)
    app.add_exception_handler(Answered, problems.answered)
    app.add_exception_handler(HTTPException, problems.from_framework)


def living(parts: Parts, stream: Stream | None) -> Lifespan:
    """Return what brings the parts up and down around the requests."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await parts.accounts.start()
        await parts.services.start()
        parts.feed.start()
        parts.landing.hand_over.start()
        parts.uploads.start()
        if stream:
            stream.start()
        garbage.settle()
        try:
            yield
        finally:
            parts.feed.end()
            if stream:
                await stream.stop()
            await parts.uploads.stop()
            await parts.landing.hand_over.stop()
            await parts.services.stop()
            parts.database.close()

    return lifespan
