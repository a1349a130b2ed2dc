"""How often what was held back is tried again: seen while it happens, for it goes then."""

from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Thread

import psycopg

from chaos.remains.evidence import Tried
from chassis import topology
from tests.world import Platform

LOOK_S = 0.2
HELD = " UNION ALL ".join(
    f"SELECT '{service}', event_id, topic, attempts, held_at FROM {service}.held_back"
    for service in topology.SERVICES
)


@dataclass(eq=False)
class Retries(Thread):
    """Looks on. Of each event the most tries are kept, and when they were first seen."""

    platform: Platform
    seen: dict[tuple[str, str], Tried] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Thread.__init__(self, name="retries", daemon=True)
        self.stopped = Event()

    @property
    def tried(self) -> list[Tried]:
        return list(self.seen.values())

    def run(self) -> None:
        while not self.stopped.wait(LOOK_S):
            with suppress(psycopg.Error):
                self.look()

    def look(self) -> None:
        """Look on one connection until it is lost. Raises psycopg.Error."""
        url = self.platform.settings["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
            while not self.stopped.wait(LOOK_S):
                rows = connection.execute(HELD.encode()).fetchall()
                now = self.platform.now()
                for service, event_id, topic, attempts, held_at in rows:
                    age_s = (now - held_at).total_seconds()
                    self.note(Tried(service, str(event_id), topic, attempts, age_s))

    def note(self, tried: Tried) -> None:
        known = self.seen.get((tried.service, tried.id))
        if known is None or known.attempts < tried.attempts:
            self.seen[tried.service, tried.id] = tried
