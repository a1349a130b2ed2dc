"""One run: a platform of its own, crews at work, faults, healing, and what is left."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from random import Random
from threading import Event

import psycopg
from pika.exceptions import AMQPError
from sqlalchemy.exc import SQLAlchemyError

from chaos.crews.crew import Crew, Stage
from chaos.crews.shift import Roster
from chaos.days import Days
from chaos.faults import poison, schedule
from chaos.faults.hand import Done, Hand
from chaos.faults.schedule import Counts
from chaos.faults.surroundings import targets
from chaos.faults.wire import Wire
from chaos.platform import Stand, stand
from chaos.remains import files, gathering, logbook, parts, traces
from chaos.remains.bundles import Fetching
from chaos.remains.evidence import Evidence
from chaos.remains.landed import NEEDED, WARM_S, published, spans
from chaos.remains.moving import jobs, moving
from chaos.remains.retries import Retries
from chaos.remains.sealed import LOOKS
from chaos.watch import Watch
from doorstep.home import Home
from doorstep.parts import SERVERS

#: Visits there are for each second and crew at work; one makes at most about one in two.
VISITS_A_SECOND = 0.6
#: How many times the seconds it was asked for a run may last until its visits are made.
PATIENCE = 2.0
LOOK_S = 0.2
#: Looks at least before something counts as left.
TIMES = 6
#: Seconds of rest for each second that a look at what is left takes the database.
REST = 4.0
#: How much longer than healing the evening may take: a worker seals one visit after the
#: other.
EVENING = 3.0


@dataclass(frozen=True)
class Wanted:
    """What a run is asked for."""

    seed: int
    seconds: float
    counts: Counts
    #: Crews at work at once; how many there are, and visits that are to be made at least:
    #: 0 leaves both to the seconds.
    crews: int = 6
    pairs: int = 0
    visits: int = 0
    bug: str | None = None
    #: What crews do is of this flow alone.
    flow: str | None = None
    #: The parts that have faults; all of them when none is named.
    only: tuple[str, ...] = ()
    apart: bool = False
    #: Whether the services run in two processes.
    twice: bool = False
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
    #: Seconds from the last fault until no event was on its way, and no job due either.
    healed_s: float
    worked_s: float


def run(wanted: Wanted, home: Home, keep: bool = False) -> Outcome:
    """Do a run, and gather what is left of it."""
    folder, stop = home.root / "chaos", Event()
    with stand(home, wanted.bug, keep, wanted.seed, twice=wanted.twice) as there:
        plenty = max(8, round(wanted.seconds * VISITS_A_SECOND)) * wanted.crews
        visits = wanted.visits if wanted.pairs else max(plenty, wanted.visits)
        stage = Stage(there.platform, folder, wanted.seed, stop, wanted.flow)
        crews = stage.crews(wanted.pairs or wanted.crews, visits)
        return Run(wanted, home, there, crews, stop).outcome()


class Run:
    """The part of a run between the first fault and the last look."""

    def __init__(
        self,
        wanted: Wanted,
        home: Home,
        there: Stand,
        crews: list[Crew],
        stop: Event,
    ) -> None:
        self.wanted, self.home, self.platform = wanted, home, there.platform
        self.folder, self.crews, self.stop = home.root / "chaos", crews, stop
        self.planned = sum(len(crew.visits) for crew in crews)
        self.roster, self.places = Roster(crews, wanted.crews, stop), there.places
        straight = self.platform.settings
        hurtable = targets(home, there.network, straight["DATABASE_URL"], wanted.seed)
        seed, parts = wanted.seed, schedule.chosen(hurtable, wanted.only)
        faults = schedule.plan(
            seed, wanted.seconds, wanted.counts, parts, apart=wanted.apart
        )
        planted = poison.plan(seed, wanted.seconds)
        self.wire = Wire(straight, Random(f"{seed}/echo"), planted)
        self.hand = Hand(hurtable, faults, self.wire.send_again)
        self.watch, self.retries = Watch(self.platform), Retries(self.platform)
        self.days, self.overdue = Days(self.platform), set[str]()

    def outcome(self) -> Outcome:
        """Let everybody work while the faults are done, then heal and gather."""
        try:
            self.wire.begin()
            for each in (self.watch, self.retries, self.days, self.hand, self.roster):
                each.start()
            self.wait()
            healed_s, worked_s = self.heal()
        finally:  # whatever happens: nobody starts a part again behind our back
            self.stop.set()
            self.hand.end()
        evidence = self.gather()
        evidence.stuck = [*self.roster.stuck()]
        return Outcome(
            evidence=evidence,
            done=self.hand.done,
            planned=len(self.hand.schedule),
            visits=self.visits_made(),
            phones=sum(len(crew.phones) for crew in self.crews),
            ticks=self.watch.ticks,
            echoed=self.wire.echoed,
            healed_s=healed_s,
            worked_s=worked_s,
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

    def heal(self) -> tuple[float, float]:
        """Start everything, let everybody finish, and wait until nothing moves: seconds
        until no event did, and until workers had done what was due.
        """
        self.stop.set()
        began = time.monotonic()
        until = began + self.wanted.heal_s
        self.hand.heal()
        self.wire.quiet.set()
        for thread in self.roster.threads:
            thread.join(max(0.1, until - time.monotonic()))
        healed_s = self.still(self.on_its_way, until) - began
        worked_s = self.still(self.left, until) - began
        self.evening()
        ended(self.watch, self.retries)
        return healed_s, worked_s

    def still(self, left: Callable[[], Counter[str]], until: float) -> float:
        """Look until nothing is left, or it is too late; return when that was."""
        while self.looked(left) and time.monotonic() < until:
            self.hand.look_after()
        return time.monotonic()

    def evening(self) -> None:
        """Let the day end: deadlines come, and what went nowhere is given once more."""
        self.days.stopped.set()
        self.days.join(5)
        self.places.calm.set()
        until = time.monotonic() + EVENING * self.wanted.heal_s
        with suppress(psycopg.Error, SQLAlchemyError):
            self.overdue = self.days.evening(lambda: self.looked(self.left), until)

    def looked(self, left: Callable[[], Counter[str]]) -> Counter[str]:
        """Look at what is left, and rest: a look reads every event of the run."""
        began = time.monotonic()
        found = left()
        time.sleep(max(LOOK_S, REST * (time.monotonic() - began)))
        return found

    def least(self, seconds: float) -> Counter[str]:
        """Return how much is left, at a moment at which that is nothing if one comes within
        so many seconds, or a few looks where one takes long: a timer may say something just
        now.
        """
        until = time.monotonic() + seconds
        for look in count(1):
            left = self.looked(self.left)
            if not left or (look >= TIMES and time.monotonic() > until):
                break
        return left

    def on_its_way(self) -> Counter[str]:
        """Return how many events have not arrived; something while nobody can tell."""
        wire = Counter(echoes=len(self.wire.left) + len(self.wire.later))
        try:
            return wire + moving(self.platform)
        except (psycopg.Error, AMQPError, OSError) as error:
            return Counter({type(error).__name__: 1})

    def left(self) -> Counter[str]:
        """Return how many events and jobs are still on their way."""
        try:
            return self.on_its_way() + jobs(self.platform)
        except psycopg.Error as error:
            return Counter({type(error).__name__: 1})

    def gather(self) -> Evidence:
        settings = dict(self.platform.settings)
        evidence = gathering.gather(self.platform, self.folder, self.crews)
        evidence.applied = logbook.applied(self.home.root / "log", evidence.said)
        evidence.poison = self.wire.poison
        evidence.files = files.gather(self.platform, self.folder)
        unreadable = (e.mark for e in self.wire.poison if e.sent and e.is_bytes)
        hunted = traces.hunt(self.home, settings, tuple(unreadable))
        evidence.traces, evidence.searched = list(hunted.found), hunted.searched
        evidence.left = self.least(gathering.STILL_S)
        ended(self.wire)  # not before: what it does not take lies in its queue, and is left
        evidence.tapped = self.wire.heard
        evidence.tried = self.retries.tried
        evidence.parts = parts.look(self.home, self.platform)
        evidence.ended_alone = [
            f"{name} ended by itself after {at_s:.1f} s"
            for name, at_s in self.hand.ended_alone
            if name not in SERVERS  # a server may find its port taken, and try again
        ]
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


def ended(*threads: Wire | Watch | Retries) -> None:
    """Tell them to stop, and wait until they have."""
    for each in threads:
        each.stopped.set()
        each.join(5)
