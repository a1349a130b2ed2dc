"""The gateway as an ASGI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from chassis import garbage
from chassis.errors import Refused
from chassis.rpc import Answered, Client
from chassis.settings import Settings
from gateway import asks, events, health, problems, signing_in
from gateway.accounts import Accounts
from gateway.door import doors
from gateway.edge import Edge
from gateway.feed import Feed
from gateway.parts import Parts, Services
from gateway.passwords import Passwords
from gateway.store import Database
from gateway.stream import Stream

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

#: Pages whose scripts come from elsewhere, and redirects to whatever Host was sent. Our
#: description is a door like any other.
OFF: dict[str, Any] = {
    "openapi_url": None,
    "docs_url": None,
    "redoc_url": None,
    "redirect_slashes": False,
}


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
    parts = Parts(settings, services or Client(settings), database, accounts, feed)
    stream = Stream(settings, feed) if services is None else None
    app = FastAPI(title="Doorstep", lifespan=living(parts, stream), **OFF)
    app.state.parts = parts
    furnish(app)
    return app


def furnish(app: FastAPI) -> None:
    """Open every door, and give each error its problem."""
    for routes in (health, signing_in, asks, events):
        routes.open_doors(app)
    doors(app)  # refuses what nobody guards
    app.add_exception_handler(Refused, problems.refused)
    app.add_exception_handler(Answered, problems.answered)
    app.add_exception_handler(HTTPException, problems.from_framework)
    app.add_middleware(Edge)


def living(parts: Parts, stream: Stream | None) -> Lifespan:
    """Return what brings the parts up and down around the requests."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await parts.accounts.start()
        await parts.services.start()
        if stream:
            stream.start()
        garbage.settle()
        try:
            yield
        finally:
            parts.feed.end()
            if stream:
                await stream.stop()
            await parts.services.stop()
            parts.database.close()

    return lifespan
