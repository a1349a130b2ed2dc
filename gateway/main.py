"""The gateway as a process: HTTP by uvicorn, until SIGTERM."""

import socket

import uvicorn

from chassis import logs, ready
from chassis.migrate import wait_for_head
from chassis.settings import Settings, settings
from gateway.accounts import NotForProduction
from gateway.app import create_app
from gateway.feed import Feed
from gateway.keyfile import LooseFile

#: Seconds for requests in hand, once we are told to end.
DRAIN_S = 10


class Server(uvicorn.Server):
    """uvicorn, which ends event streams first: it would wait for them for ever."""

    def __init__(self, config: uvicorn.Config, feed: Feed) -> None:
        super().__init__(config)
        self.feed = feed

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that we listen: somebody else's gateway may answer at our port."""
        await super().startup(sockets)
        if self.started:
            ready.yes()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.feed.end()
        await super().shutdown(sockets)


def run() -> None:
    """Serve until SIGTERM; requests in hand are finished first.

    Waits for the schema. Ends with a sentence when the settings or keys forbid it.
    """
    found = settings()
    logs.start(found.log_level)
    wait_for_head(found.database_url, ["gateway"])
    try:
        server(found).run()
    except (NotForProduction, LooseFile) as error:
        raise SystemExit(f"the gateway does not start: {error}") from None


def server(found: Settings) -> Server:
    """Return the server. It logs no addresses (`gateway.edge` logs routes instead).

    X-Forwarded-For is believed from loopback alone, or from FORWARDED_ALLOW_IPS.
    """
    app = create_app(found)
    config = uvicorn.Config(
        app,
        host=found.http_host,
        port=found.http_port,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=DRAIN_S,
    )
    return Server(config, app.state.parts.feed)
