"""What stands in a visit report, before anybody says it in words.

Moments are at the door's own zone. What is None was not told, or is not disclosed in this
copy; a tuple has all there is of its kind, however few of it the page has room for.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Clause:
    """A clause by its id (`4.29`) and its place in the book (`CN-PLEDGE/10`), if told."""

    id: str
    cite: str = ""


@dataclass(frozen=True)
class Refusal:
    """What was asked and not allowed (系统拦截)."""

    at: datetime | None
    act: str
    outcome: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Breach:
    """What was done and may not be, for certain or perhaps; `what` is the entry's kind."""

    at: datetime | None
    verdict: str
    what: str | None
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Gap:
    """Seconds of the talk that nobody recorded, and why, if a phone has told."""

    starts: datetime
    ends: datetime
    reason: str | None


@dataclass(frozen=True)
class Coverage:
    """How much of the talk was recorded (21.088 18.03); of none where nobody talked."""

    recorded_s: float
    talk_s: float
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class File:
    """A photo, sound or film by its digest. `gone`: it was deleted since."""

    kind: str
    sha256: str
    gone: bool = False


@dataclass(frozen=True)
class Seal:
    """How it was sealed. `leaf` counts from 0 in the log of all seals."""

    part: int
    at: datetime
    grade: str
    reasons: tuple[str, ...]
    digest: str
    hash: str
    leaf: int | None
    key: str
    records: int


@dataclass(frozen=True)
class Whom:
    """Whom the pair met, by the relation alone, and whether it was the debtor for sure."""

    relations: tuple[str, ...]
    identified: bool


@dataclass(frozen=True)
class Report:
    """One visit. `closed_by` says whether both have left or a deadline came."""

    bank: str
    verify_at: str
    visit: str
    case: str
    agency: str
    pair: tuple[str, ...]
    letter: str
    debtor: str | None
    place: str | None
    zone: str
    planned: tuple[datetime, datetime] | None
    arrived: datetime | None
    left: datetime | None
    ending: str | None
    cause: str | None
    closed_by: str | None
    met: Whom | None
    coverage: Coverage | None
    refusals: tuple[Refusal, ...]
    breaches: tuple[Breach, ...]
    corrections: tuple[datetime, ...]
    erased: int
    files: tuple[File, ...]
    files_digest: str
    seal: Seal
