"""The page of a part that has no HTTP of its own: `/metrics`, `/livez`, `/readyz`.

A thread for each who asks, a green one in service processes, and few seconds for each:
whoever opens a connection and says nothing holds up nobody.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from chassis import logs, ready

#: Seconds for a request to come, and for each part of the answer to be taken.
PATIENCE_S = 2.0


class Server(ThreadingMixIn, WSGIServer):
    """wsgiref's server, with a thread for each connection."""

    daemon_threads = True

    def server_bind(self) -> None:
        """Bind, and ask no name server what our address is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), 0
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        logs.log.warning("a probe was not answered")


class Page(WSGIRequestHandler):
    """Answers a probe, and writes nothing into the log."""

    timeout = PATIENCE_S

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # it fell silent, or went away
            self.close_connection = True

    def log_message(self, format: str, *words: object) -> None:
        pass


def page(environ: dict[str, Any], start: Any) -> list[bytes]:
    """Show the numbers, or whether the process is ready or alive."""
    path = environ.get("PATH_INFO")
    if path == "/metrics":
        start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
        return [generate_latest()]
    well = {"/livez": ready.alive, "/readyz": ready.is_ready}.get(str(path))
    if well is None:
        status = "404 Not Found"
    else:
        status = "200 OK" if well() else "503 Service Unavailable"
    start(status, [("Content-Type", "text/plain")])
    return [status.encode()]


@contextmanager
def served(port: int | None, host: str = "127.0.0.1") -> Iterator[None]:
    """Serve the page in a thread meanwhile; nothing without a port."""
    if port is None:
        yield
        return
    with make_server(host, port, page, Server, Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
