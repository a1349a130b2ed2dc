"""One run: a platform of its own, crews at work, faults, healing, and what is left."""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event, Thread

import psycopg
from pika.exceptions import AMQPError
from sqlalchemy.exc import SQLAlchemyError

from chaos.crews.crew import Crew, Stage
from chaos.crews.shift import Shift
from chaos.days import Days
from chaos.faults import poison, schedule
from chaos.faults.hand import Done, Hand
from chaos.faults.places import Places, standing_in
from chaos.faults.targets import targets
from chaos.faults.wire import Wire
from chaos.planted import plant
from chaos.remains import gathering, logbook
from chaos.remains.bundles import Fetching
from chaos.remains.evidence import Evidence
from chaos.remains.landed import NEEDED, WARM_S, published, spans
from chaos.remains.moving import moving
from chaos.remains.sealed import LOOKS
from chaos.watch import Watch
from doorstep import embedded
from doorstep.home import Home
from doorstep.parts import SERVERS
from services.field_visit.model import GIVE, PUBLISH_HEAD, SEAL, SIGN_HEAD
from tests.world import CLOCK, Platform

#: Visits of a crew for each second of a run; a crew makes at most about one in two.
VISITS_A_SECOND = 0.6
LOOK_S = 0.2
#: Seconds that the evening may take. A worker seals one visit after the other, and sets
#: pages in between at the lowest priority: on a busy machine each takes most of a minute.
EVENING_S = 300.0
#: Jobs that may wait behind a page: healing does not wait for them, the evening does.
BEHIND_REPORTS = (SEAL, SIGN_HEAD, PUBLISH_HEAD, GIVE)


@dataclass(frozen=True)
class Wanted:
    """What a run is asked for."""

    seed: int
    seconds: float
    kills: int
    crews: int = 6
    bug: str | None = None
    #: What crews do is of this flow alone.
    flow: str | None = None
    #: The parts that have faults; all of them when none is named.
    only: tuple[str, ...] = ()
    freezes: int | None = None
    apart: bool = False
    heal_s: float = 90.0


@dataclass
class Outcome:
    """What a run has done and what it left."""

    evidence: Evidence
    done: list[Done]
    planned: int
    ticks: list[tuple[float, float]]
    echoed: int
    healed_s: float


@contextmanager
def platform(
    home: Home, bug: str | None, keep: bool, seed: int
) -> Iterator[tuple[Platform, Places]]:
    """Bring a platform up from nothing, with a bug in it if wanted, that gives what it
    gives to stand-ins.
    """
    with ExitStack() as stack:
        wipe(home)
        if not keep:
            stack.callback(wipe, home)
        else:
            stack.callback(embedded.down, home)
        places = stack.enter_context(standing_in(home.root / "chaos" / "places", seed))
        with plant(bug):
            embedded.up(home, CLOCK)
            home.adopt_settings()
            doorstep = Platform(home, home.settings(), stack.enter_context(ExitStack()))
            yield doorstep, places


def wipe(home: Home) -> None:
    embedded.wipe(home)
    shutil.rmtree(home.root / "chaos", ignore_errors=True)


def run(wanted: Wanted, home: Home, keep: bool = False) -> Outcome:
    """Do a run, and gather what is left of it."""
    folder, stop = home.root / "chaos", Event()
    with platform(home, wanted.bug, keep, wanted.seed) as (doorstep, places):
        visits = max(8, round(wanted.seconds * VISITS_A_SECOND))
        crews = Stage(doorstep, folder, wanted.seed, stop).crews(wanted.crews, visits)
        for crew in crews:
            crew.flow = wanted.flow
        return Run(wanted, home, doorstep, folder, crews, places, stop).outcome()


class Run:
    """The part of a run between the first fault and the last look."""

    def __init__(
        self,
        wanted: Wanted,
        home: Home,
        doorstep: Platform,
        folder: Path,
        crews: list[Crew],
        places: Places,
        stop: Event,
    ) -> None:
        self.wanted, self.home, self.platform = wanted, home, doorstep
        self.folder, self.crews, self.places, self.stop = folder, crews, places, stop
        there = targets(home)
        faults = schedule.plan(
            wanted.seed,
            wanted.seconds,
            wanted.kills,
            wanted.only or there,
            freezes=wanted.freezes,
            apart=wanted.apart,
        )
        self.hand, self.watch = Hand(there, faults), Watch(doorstep)
        self.days, self.overdue = Days(doorstep), set[str]()
        planted = poison.plan(wanted.seed, wanted.seconds)
        luck = Random(f"{wanted.seed}/echo")
        self.wire = Wire(doorstep.settings, luck, planted)

    def outcome(self) -> Outcome:
        """Let everybody work while the faults are done, then heal and gather."""
        shifts = [Shift(crew) for crew in self.crews]
        threads = [Thread(target=each.run, daemon=True) for each in shifts]
        try:
            self.wire.begin()
            for each in (self.watch, self.days, self.hand, *threads):
                each.start()
            time.sleep(self.wanted.seconds)
            healed_s = self.heal(threads)
        finally:  # whatever happens: nobody starts a part again behind our back
            self.stop.set()
            self.hand.end()
        evidence = self.gather()
        evidence.stuck = [*self.stuck(shifts, threads)]
        return Outcome(
            evidence=evidence,
            done=self.hand.done,
            planned=len(self.hand.schedule),
            ticks=self.watch.ticks,
            echoed=self.wire.echoed,
            healed_s=healed_s,
        )

    def stuck(self, shifts: list[Shift], threads: list[Thread]) -> Iterator[str]:
        """Name crews that got no answer, and parts of ours that ended by themselves."""
        for shift, thread in zip(shifts, threads, strict=True):
            if shift.gave_up:
                yield shift.gave_up
            elif thread.is_alive():
                yield "a crew is still waiting for an answer"
        for name, at_s in self.hand.ended_alone:
            if name not in SERVERS:  # a server may find its port taken, and try again
                yield f"{name} ended by itself after {at_s:.1f} s"

    def heal(self, threads: list[Thread]) -> float:
        """Start everything, let everybody finish, and wait until nothing moves."""
        self.stop.set()
        began = time.monotonic()
        until = began + self.wanted.heal_s
        self.hand.heal()
        self.wire.quiet.set()
        for thread in threads:
            thread.join(max(0.1, until - time.monotonic()))
        while self.left(*BEHIND_REPORTS) and time.monotonic() < until:
            self.hand.look_after()
            time.sleep(LOOK_S)
        healed_s = time.monotonic() - began
        self.evening()
        for each in (self.wire, self.watch):
            each.stopped.set()
            each.join(5)
        return healed_s

    def evening(self) -> None:
        """Let the day end: deadlines come, and what went nowhere is given once more."""
        self.days.stopped.set()
        self.days.join(5)
        self.places.calm.set()
        until = time.monotonic() + max(EVENING_S, self.wanted.heal_s)
        with suppress(psycopg.Error, SQLAlchemyError):
            self.overdue = self.days.evening(self.left, until)

    def left(self, *but: str) -> int:
        """Return how much is still on its way; 1 at least while nobody can tell."""
        try:
            return len(self.wire.left) + len(self.wire.later) + moving(self.platform, *but)
        except (psycopg.Error, AMQPError, OSError):
            return 1

    def gather(self) -> Evidence:
        settings = dict(self.platform.settings)
        evidence = gathering.gather(settings, self.folder, self.crews)
        evidence.applied = logbook.applied(self.home.root / "log", evidence.said)
        evidence.tapped, evidence.poison = self.wire.heard, self.wire.poison
        evidence.left = self.left()
        self.gather_evidence(evidence)
        return evidence

    def gather_evidence(self, evidence: Evidence) -> None:
        """Fetch what was sealed, the published keys, and what arrived outside."""
        sealed, landed = evidence.sealed, evidence.landed
        sealed.overdue = self.overdue
        fetching = Fetching(
            self.platform, self.folder / "bundles", Random(f"{self.wanted.seed}/bundles")
        )
        sealed.suite, sealed.anchor = fetching.suite.name, fetching.anchor
        sealed.bundles = fetching.bundles(sorted({each.visit for each in sealed.parts}))
        sealed.looks = set(map(tuple, self.platform.rows(LOOKS)))
        landed.keys = published(self.platform.url)
        landed.away = spans(self.hand.done, ("broker",), 0.0)
        landed.disturbed = spans(self.hand.done, NEEDED, WARM_S)
        self.places.shelved()
        evidence.outside.arrived = self.places.arrived
