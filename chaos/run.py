"""One run: a platform of its own, crews at work, faults, healing, and what is left."""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event

import psycopg
from pika.exceptions import AMQPError

from chaos.crews.crew import Crew, Stage
from chaos.crews.shift import Roster
from chaos.faults import poison, power, schedule
from chaos.faults.hand import Done, Hand
from chaos.faults.targets import targets
from chaos.faults.wire import Wire
from chaos.planted import plant
from chaos.remains import files, gathering, logbook, traces
from chaos.remains.evidence import Evidence
from chaos.remains.moving import moving
from chaos.watch import Watch
from doorstep import embedded
from doorstep.home import Home
from doorstep.parts import SERVERS
from tests.world import CLOCK, Platform

#: Visits there are for each second and crew at work; one makes at most about one in two.
VISITS_A_SECOND = 0.6
#: How many times the seconds it was asked for a run may last until its visits are made.
PATIENCE = 2.0
LOOK_S = 0.2


@dataclass(frozen=True)
class Wanted:
    """What a run is asked for."""

    seed: int
    seconds: float
    kills: int
    #: Crews at work at once; how many there are, and visits that are to be made at least:
    #: 0 leaves both to the seconds.
    crews: int = 6
    pairs: int = 0
    visits: int = 0
    bug: str | None = None
    #: The flow whose stories alone crews have; all of them where none is named.
    flow: str = ""
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
    #: Visits that crews have made, and phones they made them with.
    visits: int
    phones: int
    ticks: list[tuple[float, float]]
    echoed: int
    healed_s: float


@contextmanager
def platform(home: Home, bug: str | None, keep: bool) -> Iterator[Platform]:
    """Bring a platform up from nothing, with a bug in it if wanted."""
    with ExitStack() as stack:
        wipe(home)
        if not keep:
            stack.callback(wipe, home)
        else:
            stack.callback(embedded.down, home)
        with plant(bug), power.noted(home.root / "chaos" / "synced"):
            embedded.up(home, CLOCK)
            home.adopt_settings()
            yield Platform(home, home.settings(), stack.enter_context(ExitStack()))


def wipe(home: Home) -> None:
    embedded.wipe(home)
    shutil.rmtree(home.root / "chaos", ignore_errors=True)


def run(wanted: Wanted, home: Home, keep: bool = False) -> Outcome:
    """Do a run, and gather what is left of it."""
    folder, stop = home.root / "chaos", Event()
    with platform(home, wanted.bug, keep) as doorstep:
        plenty = max(8, round(wanted.seconds * VISITS_A_SECOND)) * wanted.crews
        visits = wanted.visits if wanted.pairs else max(plenty, wanted.visits)
        stage = Stage(doorstep, folder, wanted.seed, stop, wanted.flow)
        crews = stage.crews(wanted.pairs or wanted.crews, visits)
        return Run(wanted, home, doorstep, folder, crews, stop).outcome()


class Run:
    """The part of a run between the first fault and the last look."""

    def __init__(
        self,
        wanted: Wanted,
        home: Home,
        doorstep: Platform,
        folder: Path,
        crews: list[Crew],
        stop: Event,
    ) -> None:
        self.wanted, self.home, self.platform = wanted, home, doorstep
        self.folder, self.crews, self.stop = folder, crews, stop
        self.planned = sum(len(crew.visits) for crew in crews)
        self.roster = Roster(crews, wanted.crews, stop)
        there = targets(home, wanted.seed)
        faults = schedule.plan(
            wanted.seed,
            wanted.seconds,
            wanted.kills,
            wanted.only or there,
            freezes=wanted.freezes,
            apart=wanted.apart,
        )
        self.hand, self.watch = Hand(there, faults), Watch(doorstep)
        planted = poison.plan(wanted.seed, wanted.seconds)
        luck = Random(f"{wanted.seed}/echo")
        self.wire = Wire(doorstep.settings, luck, planted)

    def outcome(self) -> Outcome:
        """Let everybody work while the faults are done, then heal and gather."""
        try:
            self.wire.begin()
            for each in (self.watch, self.hand, self.roster):
                each.start()
            self.wait()
            healed_s = self.heal()
        finally:  # whatever happens: nobody starts a part again behind our back
            self.stop.set()
            self.hand.end()
        evidence = self.gather()
        evidence.stuck = [*self.stuck()]
        return Outcome(
            evidence=evidence,
            done=self.hand.done,
            planned=len(self.hand.schedule),
            visits=self.visits_made(),
            phones=sum(len(crew.phones) for crew in self.crews),
            ticks=self.watch.ticks,
            echoed=self.wire.echoed,
            healed_s=healed_s,
        )

    def wait(self) -> None:
        """Wait as long as was asked for, and longer while visits are still to be made."""
        began = time.monotonic()
        while (spent := time.monotonic() - began) < PATIENCE * self.wanted.seconds:
            made = self.visits_made() >= self.wanted.visits or not self.roster.working
            if spent >= self.wanted.seconds and made:
                return
            time.sleep(LOOK_S)

    def visits_made(self) -> int:
        return self.planned - sum(len(crew.visits) for crew in self.crews)

    def stuck(self) -> Iterator[str]:
        """Name crews that got no answer, and parts of ours that ended by themselves."""
        yield from self.roster.stuck()
        for name, at_s in self.hand.ended_alone:
            if name not in SERVERS:  # a server may find its port taken, and try again
                yield f"{name} ended by itself after {at_s:.1f} s"

    def heal(self) -> float:
        """Start everything, let everybody finish, and wait until nothing moves."""
        self.stop.set()
        began = time.monotonic()
        until = began + self.wanted.heal_s
        self.hand.heal()
        self.wire.quiet.set()
        for thread in self.roster.threads:
            thread.join(max(0.1, until - time.monotonic()))
        while self.left() and time.monotonic() < until:
            self.hand.look_after()
            time.sleep(LOOK_S)
        for each in (self.wire, self.watch):
            each.stopped.set()
            each.join(5)
        return time.monotonic() - began

    def left(self) -> int:
        """Return how much is still on its way; 1 at least while nobody can tell."""
        try:
            return len(self.wire.left) + len(self.wire.later) + moving(self.platform)
        except (psycopg.Error, AMQPError, OSError):
            return 1

    def gather(self) -> Evidence:
        settings = dict(self.platform.settings)
        evidence = gathering.gather(settings, self.folder, self.crews)
        evidence.applied = logbook.applied(self.home.root / "log", evidence.said)
        evidence.tapped, evidence.poison = self.wire.heard, self.wire.poison
        evidence.files = files.gather(self.platform, self.folder)
        unreadable = (e.mark for e in self.wire.poison if e.sent and e.is_bytes)
        hunted = traces.hunt(self.home, settings, tuple(unreadable))
        evidence.traces, evidence.searched = list(hunted.found), hunted.searched
        evidence.left = self.left()
        return evidence
