"""What a service does by itself: it ticks, tries held-back events again, keeps house."""

import time
from collections.abc import Callable
from functools import partial

import eventlet
from eventlet.event import Event as Signal
from nameko.extensions import DependencyProvider
from sqlalchemy.exc import SQLAlchemyError

from chassis import (
    again,
    clock,
    database,
    housekeeping,
    logs,
    ready,
    rounds,
    ticks,
    topology,
)
from chassis.effects import DatabaseAway
from chassis.entrypoints.doors import effects as effects_of

#: Seconds between two looks at what is held back, and at the day.
AGAIN_S, DAY_S = 1.0, 60.0


class Pulse(DependencyProvider):  # type: ignore[misc]
    """The loops of one service; each goes on whatever happens in it."""

    def setup(self) -> None:
        self.service: str = self.container.service_name
        self.stopping = False
        self.running: list[Signal] = []

    def start(self) -> None:
        its = effects_of(self.container.service_cls())
        engine = database.of(self.service)
        for pace in topology.paces(self.service):
            every = topology.PACES[pace]
            self.beat(every, partial(ticks.say, engine, self.service, pace))
        self.beat(AGAIN_S, partial(again.drain, engine, self.service, its))
        self.beat(DAY_S, partial(housekeeping.wake, engine, self.service))
        for kind in self.container.service_cls.rounds:
            self.beat(rounds.EVERY_S, partial(rounds.go, engine, self.service, kind))

    def stop(self) -> None:
        self.stopping = True
        for each in self.running:
            each.wait()

    def beat(self, every_s: float, do: Callable[[], object]) -> None:
        """Do something at every full multiple of so many seconds."""
        ended, name = Signal(), f"pulse {len(self.running)} of {self.service}"
        counts = every_s < ready.STUCK_S
        self.running.append(ended)

        def loop() -> None:
            if counts:
                ready.progress(name)
            while not self.stopping:
                if self.done(do) and counts:
                    ready.progress(name)
                self.sleep(every_s - time.time() % every_s)
            ready.ended(name)
            ended.send(None)

        self.container.spawn_managed_thread(loop, identifier="pulse")

    def done(self, do: Callable[[], object]) -> bool:
        """Do something; tell whether it was done, or the database is away.

        That does not mend by our ending.
        """
        try:
            do()
        except (DatabaseAway, SQLAlchemyError) as error:
            logs.failed(f"pulse of {self.service}", error)
        except Exception as error:
            logs.failed(f"pulse of {self.service}", error)
            return False
        return True

    def sleep(self, seconds: float) -> None:
        """Sleep, but not past the end."""
        until = time.monotonic() + seconds
        eventlet.sleep(0)
        while not self.stopping and (left := until - time.monotonic()) > 0:
            eventlet.sleep(min(left, 0.25))


def fresh(service: str) -> bool:
    """Tell whether a service hears itself, and all it must hear, on both lanes.

    The tick it made came back through outbox, relay, broker and queue: a probe of its own.
    """
    heard = ticks.heard(database.of(service), clock.now())
    wanted = {(s, lane) for s in topology.heard_sources(service) for lane in topology.LANES}
    return wanted <= heard
