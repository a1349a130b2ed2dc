"""All that is left after a run, as plain values: what the checks are made of.

The checks read nothing else, so that they can be tried on small histories.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from chaos.crews.ledger import Told
from chaos.faults.poison import Poison
from chaos.remains.doors import Doors
from chaos.remains.effects import Outside
from chaos.remains.files import Files
from chaos.remains.landed import Landings
from chaos.remains.money import Money
from chaos.remains.sealed import Sealed
from chaos.remains.traces import Trace


@dataclass(frozen=True)
class Answered:
    """A row of a service's `answered`."""

    service: str
    key: str
    principal: str
    operation: str
    digest: str
    reply: dict[str, Any]


@dataclass(frozen=True)
class Decided:
    """A row of a `decision`; `at` is a moment of the real clock, `asked_by` an account."""

    id: str
    visit: str
    act: str
    outcome: str
    clauses: tuple[str, ...]
    at: float
    asked_by: str = ""
    books: tuple[str, ...] = ()
    books_hash: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Visit:
    """A row of `field_visit.visit`."""

    id: str
    case: str
    state: str
    ending: str | None
    cleared: bool
    cause: str | None = None
    agency: str = ""
    letter: str = ""
    pair: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """An entry of a phone's journal, in the phone or in the platform."""

    device: str
    seq: int
    link: str
    visit: str
    fact: str


@dataclass(frozen=True)
class Said:
    """A row of an outbox, without its personal parts. `sequence` 0: in no order."""

    service: str
    id: str
    topic: str
    subject: str
    sequence: int
    urgent: bool
    published: bool
    trace: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str, str, bool]:
        """Return within what its order is kept."""
        return self.service, self.subject, self.urgent


@dataclass(frozen=True)
class Held:
    """An open row of a `held_back`. `bytes_` are those of what nobody could read."""

    service: str
    id: str
    topic: str
    error: str | None
    parked: bool
    bytes_: bytes | None = None


@dataclass(frozen=True)
class Tried:
    """How often a held-back event had been tried, and for how long it was held, in s."""

    service: str
    id: str
    topic: str
    attempts: int
    age_s: float


@dataclass(frozen=True)
class Part:
    """A process of the platform once all has healed.

    `live` and `ready` are the answers of its probes, `got_on` whether it did something
    while it was looked at, `stuck` its threads that a machine would not let run, and
    `waits` its transactions that have been open for too long.
    """

    name: str
    alive: bool = True
    live: int | None = 200
    ready: int | None = 200
    got_on: bool = True
    stuck: int = 0
    waits: int = 0


@dataclass
class Evidence:
    """What was told, what is kept, what was said, heard and done."""

    told: list[Told] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    #: How many seconds the platform's clock is ahead of the real one.
    ahead_s: float = 0.0
    #: What the bank's officers were answered, by the rules as well.
    decided_by_bank: list[Decided] = field(default_factory=list)
    doors: Doors = field(default_factory=Doors)
    money: Money = field(default_factory=Money)
    visits: list[Visit] = field(default_factory=list)
    written: list[Entry] = field(default_factory=list)
    kept_entries: list[Entry] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    #: Of each service and subject, how many events its counter has counted.
    counted: dict[tuple[str, str], int] = field(default_factory=dict)
    #: Of each service, which events took effect there and when, by its own clock.
    inbox: dict[str, dict[str, float]] = field(default_factory=dict)
    #: Of each hearer, the version it keeps by topic and thing.
    kept: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)
    #: Of each thing, the version its owner's own table has.
    owned: dict[tuple[str, str], int] = field(default_factory=dict)
    #: Of each case, visit plan or visit, that it is there: by topic of its first event.
    things: dict[str, list[str]] = field(default_factory=dict)
    arrivals: list[str] = field(default_factory=list)
    findings: list[tuple[str, str]] = field(default_factory=list)
    #: The events on oversight's timeline, and the state of each visit on its board.
    timeline: list[str] = field(default_factory=list)
    board: dict[str, str] = field(default_factory=dict)
    #: Of each hearer, first applications in order, as its log tells them.
    applied: dict[str, list[str]] = field(default_factory=dict)
    #: Events in the order they reached a queue of our own, some of them twice.
    tapped: list[str] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    files: Files = field(default_factory=Files)
    #: Where planted personal data was found, and how much was searched.
    traces: list[Trace] = field(default_factory=list)
    searched: dict[str, int] = field(default_factory=dict)
    poison: list[Poison] = field(default_factory=list)
    sealed: Sealed = field(default_factory=Sealed)
    landed: Landings = field(default_factory=Landings)
    outside: Outside = field(default_factory=Outside)
    #: Messages in queues, pairs of event and hearer that had not met in time, and the like:
    #: how many of each.
    left: Counter[str] = field(default_factory=Counter)
    #: Crews that got no answer, in words.
    stuck: list[str] = field(default_factory=list)
    #: Of each event that was held back, the most tries that were seen of it.
    tried: list[Tried] = field(default_factory=list)
    #: Every part of the platform, and those that ended although nothing was done to them.
    parts: list[Part] = field(default_factory=list)
    ended_alone: list[str] = field(default_factory=list)


#: What a violation makes of what it is about.
LOST, DUPLICATED, UNEXPECTED = "lost", "duplicated", "unexpected"


@dataclass(frozen=True)
class Violation:
    """Something that must not be: by which check, and what became of what.

    `about` is the name of an order or the topic of an event, when it is of one.
    """

    check: str
    counts_as: str
    says: str
    about: str = ""
