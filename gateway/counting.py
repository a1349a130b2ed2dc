"""What the gateway counts of its requests, for Prometheus; nothing of any person."""

from prometheus_client import Counter, Histogram

from chassis.metrics import SECONDS
from gateway.door import Door

REQUESTS = Counter(
    "doorstep_requests_total", "Requests that the gateway answered", ["operation", "status"]
)
REQUEST_SECONDS = Histogram(
    "doorstep_request_seconds",
    "From a request's first byte to its answer's last; streams of events left out",
    ["operation"],
    buckets=SECONDS,
)


def count(door: Door | None, status: int, seconds: float) -> None:
    """Count one answer. What nobody has a door for is one operation, `none`."""
    name = door.name if door else "none"
    REQUESTS.labels(name, str(status)).inc()
    if door and door.media != "text/event-stream":
        REQUEST_SECONDS.labels(name).observe(seconds)
