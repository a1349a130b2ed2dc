"""What can be counted, for Prometheus; nothing in it belongs to a person.

Each part serves its own numbers under `/metrics` on a port of its own, beside `/livez`
and `/readyz`; the gateway does so on its HTTP port.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from chassis import ready

#: Seconds. From a statement to what a caller no longer waits for.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

ANSWERED = Counter(
    "doorstep_answered_total",
    "Orders that a service answered",
    ["service", "operation", "outcome"],
)
GROUP_SIZE = Histogram(
    "doorstep_group_orders",
    "Orders in a message",
    ["service"],
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
HEARD = Counter(
    "doorstep_heard_total", "Events that a service heard", ["service", "topic", "outcome"]
)
BATCHES = Histogram(
    "doorstep_heard_batch_seconds",
    "Transactions of events",
    ["service", "lane"],
    buckets=SECONDS,
)
TICK_DELAY = Histogram(
    "doorstep_tick_delay_seconds",
    "From a tick's making to its hearing",
    ["source", "lane"],
    buckets=SECONDS,
)
RELAYED = Counter("doorstep_relayed_total", "Events published", ["service", "lane"])
JOB_SECONDS = Histogram(
    "doorstep_job_seconds",
    "Tries of a job",
    ["service", "kind"],
    buckets=(*SECONDS, 30, 300),
)
LINE = Gauge("doorstep_line_orders", "Orders that wait in the gateway", ["service"])
TURNED_AWAY = Counter(
    "doorstep_turned_away_total", "Orders that the gateway did not take", ["service", "why"]
)


class Page(WSGIRequestHandler):
    """Answers a probe, and writes nothing into the log."""

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
    server = make_server(host, port, page, handler_class=Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
