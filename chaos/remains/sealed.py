"""What is left of seals: parts, the log over them, phones' chains, who looked at what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos.crews.crew import Crew
from chaos.crews.noted import Picture

Rows = Any
#: Who was shown what, on the record.
LOOKS = "SELECT visit_id::text, coalesce(media_id::text, ''), what FROM field_visit.access"
#: Visits that both have left: nothing more is waited for but what is on its way.
BOTH_LEFT = (
    "SELECT id FROM field_visit.visit WHERE state = 'closed' AND collectors <@ left_by"
    " AND NOT due ? 'seal'"
)


@dataclass(frozen=True)
class Part:
    """A row of `field_visit.seal`; `lacks` is why it is not proven."""

    visit: str
    number: int
    leaf: int
    head: str
    signature: str
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Head:
    """A row of `field_visit.tree_head`; `at` is a moment of the pretended clock."""

    size: int
    root: str
    text: str
    signature: str
    at: float


@dataclass(frozen=True)
class Linked:
    """An entry of a phone as it is kept, and which one it names before it."""

    device: str
    seq: int
    prev: str
    link: str


@dataclass(frozen=True)
class Odd:
    """A row of `field_visit.irregularity`."""

    device: str
    seq: int | None
    kind: str


@dataclass(frozen=True)
class Bundle:
    """A copy that was fetched: its grade, what is in it, and how mutations were graded.

    `grade` is the refusal when none was given. `entries` are links by phone and number,
    `named` the ids of decisions and calls for help, `files` digests.
    """

    visit: str
    grade: str
    entries: Mapping[tuple[str, int], str] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    mutations: tuple[tuple[str, str], ...] = ()


@dataclass
class Sealed:
    """All of that. `suite` and `anchor`, a PEM, are what seals are checked by."""

    suite: str = "international"
    anchor: str = ""
    parts: list[Part] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    leaves: list[str] = field(default_factory=list)
    chain: list[Linked] = field(default_factory=list)
    odd: list[Odd] = field(default_factory=list)
    bundles: list[Bundle] = field(default_factory=list)
    #: Looks that are on the record: visit, file and what was seen.
    looks: set[tuple[str, str, str]] = field(default_factory=set)
    #: Visits whose time was up by our doing, and those of which a seal must be there.
    overdue: set[str] = field(default_factory=set)
    due: set[str] = field(default_factory=set)
    #: Of the crews: photos that were waited for, those that were seen sharp, phones that
    #: told two histories, and phones that sent something too early.
    pictures: list[Picture] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)
    forks: list[tuple[str, int]] = field(default_factory=list)
    hasty: set[str] = field(default_factory=set)


def of_tables(rows: Rows, crews: list[Crew]) -> Sealed:
    """Read what lies in tables; `rows` asks one query."""
    found = Sealed(
        due={str(row.id) for row in rows(BOTH_LEFT)},
        parts=[*map(part, rows("SELECT * FROM field_visit.seal ORDER BY leaf"))],
        heads=[*map(head, rows("SELECT * FROM field_visit.tree_head ORDER BY at, size"))],
        leaves=[
            bytes(row.hash).hex()
            for row in rows(
                "SELECT hash FROM field_visit.log_node WHERE level = 0 ORDER BY index"
            )
        ],
        chain=[
            Linked(str(row.device_id), row.seq, row.prev, row.link)
            for row in rows("SELECT device_id, seq, prev, link FROM field_visit.journal")
        ],
        odd=[
            Odd(str(row.device_id), row.seq, row.kind)
            for row in rows("SELECT device_id, seq, kind FROM field_visit.irregularity")
        ],
    )
    for each in (crew.noted for crew in crews):
        found.pictures += each.pictures
        found.shown += each.looks
        found.forks += each.forks
        found.hasty |= each.hasty
    return found


def part(row: Any) -> Part:
    where = str(row.visit_id), row.part, row.leaf
    return Part(*where, row.head, row.signature, tuple(row.reasons))


def head(row: Any) -> Head:
    return Head(row.size, row.root, row.text, row.signature, row.at.timestamp())
