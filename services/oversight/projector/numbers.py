"""What the projector counts of itself, for Prometheus."""

from datetime import datetime

from prometheus_client import Counter, Gauge

from chassis import clock

PROJECTED = Counter(
    "doorstep_projected_total", "Events that the projector applied", ["source"]
)
UNREADABLE = Counter(
    "doorstep_projector_unreadable_total",
    "Events that the projector passed over, since nothing can be made of them",
)


class Behind:
    """How far the board is behind what was said: seconds.

    While nothing is left to read, it is not behind. Otherwise as far as the newest event
    that was applied is old: also while the broker or the database is away.
    """

    def __init__(self) -> None:
        self.newest: datetime | None = None
        self.caught_up = False

    def applied(self, said_at: datetime) -> None:
        self.newest = max(said_at, self.newest or said_at)
        self.caught_up = False

    def waits(self) -> None:
        """Note that something is away, and nobody knows what was said meanwhile."""
        self.newest = self.newest or clock.now()
        self.caught_up = False

    def read_all(self) -> None:
        """Note that everything that was said by now is applied."""
        self.newest, self.caught_up = clock.now(), True

    def seconds(self) -> float:
        if self.caught_up or self.newest is None:
            return 0.0
        return max((clock.now() - self.newest).total_seconds(), 0.0)


BEHIND = Behind()
Gauge(
    "doorstep_projector_behind_seconds", "How old what the board shows is, at the most"
).set_function(BEHIND.seconds)
