"""The gateway as a process: HTTP by uvicorn, until SIGTERM."""

import socket

import uvicorn

from chassis import logs, ready
from chassis.heads import wait_for_head
from chassis.settings import Settings, settings
from gateway.accounts import NotForProduction
from gateway.app import create_app
from gateway.keyfile import LooseFile
from gateway.parts import Parts

#: Seconds for requests in hand, once we are told to end.
DRAIN_S = 10
#: Milliseconds.
DEAD_MS = 30_000


class Server(uvicorn.Server):
    """uvicorn, which ends streams first, of events and uploads: it would wait for them."""

    def __init__(self, config: uvicorn.Config, parts: Parts) -> None:
        super().__init__(config)
        self.parts = parts

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that we listen: somebody else's gateway may answer at our port."""
        await super().startup(sockets)
        if self.started:
            self.forget_the_dead()
            ready.yes()

    def forget_the_dead(self) -> None:
        """Cut off whoever takes nothing of what was sent for so long (RFC 5482).

        A phone out of reach, or a dashboard that hangs, would keep its buffers for ever.
        Connections have it of the socket that they came by.
        """
        for each in (each for server in self.servers for each in server.sockets):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_MS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.parts.feed.end()
        self.parts.uploads.end()
        await super().shutdown(sockets)
        # uvicorn would raise the signal once more, and die of what it was told to do.
        self._captured_signals.clear()


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
    return Server(config, app.state.parts)
