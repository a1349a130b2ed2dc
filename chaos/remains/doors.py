"""What is kept of doors: what was noted, who stood there, what became of each deed."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import rulebook

Rows = Callable[[str], list[Any]]
Real = Callable[[Any], float]


@dataclass(frozen=True)
class Noted:
    """A fact of a visit as it was kept: `number` counts arrivals, `at` is its moment."""

    visit: str
    device: str
    seq: int
    number: int
    at: float
    fact: dict[str, Any]
    counts: bool = True

    @property
    def kind(self) -> str:
        return str(self.fact["kind"])


@dataclass(frozen=True)
class Verdict:
    """What the rules say of a deed that was told: of which entry, by which decision."""

    device: str
    seq: int
    verdict: str
    clauses: tuple[str, ...]
    decision: str


@dataclass(frozen=True)
class Here:
    """Who checked in at a visit, with which phone."""

    visit: str
    person: str
    device: str


@dataclass(frozen=True)
class Letter:
    """Whom an authorisation letter names, and of which agency."""

    agency: str
    people: frozenset[str]


@dataclass
class Doors:
    """All of it, and whom phones and people are of."""

    noted: list[Noted] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    here: list[Here] = field(default_factory=list)
    #: The agency of each person, and whose each phone is.
    agencies: dict[str, str] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    #: The state and version of each case.
    cases: dict[str, tuple[str, int]] = field(default_factory=dict)
    #: What the board shows the bank of each visit.
    boards: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: What each set of books comes to, by those that lie in the rulebook's folder.
    hashes: dict[tuple[str, ...], str] = field(default_factory=dict)


def read(rows: Rows, real: Real) -> Doors:
    """Return all that is kept of doors."""
    people = rows("SELECT id, agency_id FROM workforce.person")
    phones = rows("SELECT id, person_id FROM workforce.device")
    letters = rows("SELECT id, agency_id, people FROM letters.authorisation")
    cases = rows("SELECT id, state, version FROM dispatch.debt_case")
    boards = rows("SELECT visit_id, for_bank FROM oversight.board_visit")
    here = rows("SELECT visit_id, collector_id, device_id FROM field_visit.checked_in")
    judged = rows("SELECT DISTINCT decision->'books' AS books FROM field_visit.decision")
    return Doors(
        noted=[
            noted(row, real)
            for row in rows("SELECT * FROM field_visit.journal WHERE visit_id IS NOT NULL")
        ],
        verdicts=[
            Verdict(
                str(row.device_id),
                row.seq,
                row.verdict,
                tuple(row.clauses),
                str(row.decision_id),
            )
            for row in rows("SELECT * FROM field_visit.verdict")
        ],
        here=[
            Here(str(row.visit_id), str(row.collector_id), str(row.device_id))
            for row in here
        ],
        agencies={str(row.id): str(row.agency_id) for row in people},
        holders={str(row.id): str(row.person_id) for row in phones},
        letters={
            str(row.id): Letter(str(row.agency_id), frozenset(names(row.people)))
            for row in letters
        },
        cases={str(row.id): (row.state, row.version) for row in cases},
        boards={str(row.visit_id): row.for_bank for row in boards},
        hashes={tuple(row.books): hash_of(row.books) for row in judged},
    )


def noted(row: Any, real: Real) -> Noted:
    where = str(row.visit_id), str(row.device_id), row.seq, row.number
    return Noted(*where, real(row.received_at), row.fact, row.counts)


def names(keys: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(each) for each in keys)


def hash_of(books: Iterable[str]) -> str:
    """Return the SHA-256 over the digests of these books, as they lie there."""
    digests = sorted(rulebook.load()[book].digest for book in set(books))
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
