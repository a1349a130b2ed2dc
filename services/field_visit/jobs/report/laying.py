"""A report in words: what stands where on its page, in both languages.

Every text of the page is here by its end, so that what sets it puts data into places and
knows no word. How much of a list there is room for is found where it is set.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from services.field_visit.jobs.report.report import (
    Breach,
    Clause,
    Coverage,
    File,
    Gap,
    Refusal,
    Report,
)

#: In Chinese, then in English.
Pair = tuple[str, str]
#: A label in both languages, and what it is of.
Line = tuple[str, str, str]
#: Rows of a list that a page can have room for at the most, characters of one value, and
#: clauses of one refusal: what is beyond is counted.
MOST_ROWS, LONGEST, MOST_CLAUSES = 60, 110, 4
#: How many files stand beside each other, and how wide columns are but the last.
ABREAST = 3
ACTS, DEEDS = (34, 38, 24), (34, 34, 38)
GAPS, FILES = (32, 36), (20, 34, 20, 34, 20)


@dataclass(frozen=True)
class Listed:
    """A list: how many there are, its first rows of so many apiece, what is said if there
    is none. `columns` are widths in millimetres of all but the last.
    """

    name: Pair
    columns: tuple[int, ...]
    apiece: int
    total: int
    rows: tuple[tuple[str, ...], ...]
    none: str
    more: str
    beside: str = ""


@dataclass(frozen=True)
class Page:
    """All texts of a page, and the moment it is dated."""

    title: Pair
    number: str
    facts: tuple[Line, ...]
    lists: tuple[Listed, ...]
    sealed: Pair
    seal: tuple[Line, ...]
    sentences: tuple[str, ...]
    qr: str
    at: int

    def task(self) -> dict[str, Any]:
        """Return it as JSON can have it."""
        return asdict(self)


@cache
def words() -> dict[str, Any]:
    """Return what is said, by kind and key."""
    file = Path(__file__).parent / "words.yaml"
    read: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return read


def said(kind: str, key: str, **values: object) -> Pair:
    """Return a sentence or a word; what has none is said as it is."""
    zh, en = words()[kind].get(key, (key, ""))
    return zh.format(**values), en.format(**values)


def both(kind: str, key: str, **values: object) -> str:
    """Return a word in both languages, one behind the other."""
    return " ".join(each for each in said(kind, key, **values) if each)


def cut(text: str) -> str:
    """Return a text no longer than a value may be, with how much is left out."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… (+{len(text) - LONGEST})"


def lay(report: Report) -> Page:
    seal = report.seal
    return Page(
        title=tuple(words()["title"]),
        number=f"{report.visit[:8]}-{seal.part}",
        facts=tuple((*said("fact", key), cut(text)) for key, text in facts(report) if text),
        lists=(
            refusals(report.refusals),
            breaches(report.breaches),
            gaps(report.coverage),
            files(report),
        ),
        sealed=said("part_of", "seal"),
        seal=tuple((*said("fact", key), cut(text)) for key, text in sealing(report)),
        sentences=sentences(report),
        qr=code_of(report),
        at=int(seal.at.timestamp()),
    )


def code_of(report: Report) -> str:
    """Return what the QR code says: what is behind `#` leaves nobody's browser."""
    seal = report.seal
    if report.verify_at:
        return f"{report.verify_at}#{seal.digest}"
    return f"{seal.hash}:{seal.digest}"


def facts(report: Report) -> Iterable[tuple[str, str]]:
    """Yield who, when, where and how it ended."""
    undisclosed = both("said", "not_disclosed")
    yield "bank", report.bank
    yield "agency", report.agency
    yield "visit", report.visit
    yield "case", report.case
    yield "letter", report.letter
    yield "pair", "、".join(report.pair)
    yield "debtor", report.debtor or undisclosed
    yield "place", report.place or undisclosed
    yield "planned", span(report.planned or (None, None), report.zone)
    yield "happened", span((report.arrived, report.left), report.zone)
    yield "ending", ending(report)
    yield "met", met(report)
    yield "coverage", covered(report.coverage)
    yield "corrections", corrected(report)


def span(both_ends: Sequence[datetime | None], zone: str) -> str:
    """Return from when to when, the day once if it is the same."""
    start, end = both_ends
    if start is None and end is None:
        return both("said", "not_told")
    until = "?" if end is None else moment(end)
    if start and end and start.date() == end.date():
        until = f"{end:%H:%M:%S}"
    since = "?" if start is None else moment(start)
    return f"{since} – {until} ({zone}, {offset(start or end)})"


def offset(at: datetime | None) -> str:
    """Return how far a moment's clock is ahead of UTC."""
    hours = f"{at:%z}" if at else ""
    return f"UTC{hours[:3]}:{hours[3:5]}"


def moment(at: datetime | None) -> str:
    return both("said", "not_told") if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def ending(report: Report) -> str:
    told = (
        ("ending", report.ending),
        ("cause", report.cause),
        ("closed_by", report.closed_by),
    )
    parts = [both(kind, key) for kind, key in told if key]
    return "；".join(parts) or both("said", "not_told")


def met(report: Report) -> str:
    if report.met is None:
        return both("said", "not_disclosed")
    parts = [both("relation", each) for each in report.met.relations]
    if report.met.identified:
        parts.append(both("said", "identified"))
    return "；".join(parts) or both("said", "nobody")


def covered(coverage: Coverage | None) -> str:
    if coverage is None:
        return both("said", "not_told")
    if not coverage.talk_s:
        return both("said", "no_talk")
    return both(
        "said",
        "coverage",
        recorded=f"{coverage.recorded_s:g}",
        talk=f"{coverage.talk_s:g}",
        share=f"{100 * coverage.recorded_s / coverage.talk_s:.1f}",
    )


def corrected(report: Report) -> str:
    texts = []
    if report.corrections:
        newest = moment(max(report.corrections))
        texts.append(both("said", "corrections", n=len(report.corrections), newest=newest))
    if report.erased:
        texts.append(both("said", "erased", n=report.erased))
    return " ".join(texts) or both("none", "corrections")


def refusals(all_of: Sequence[Refusal]) -> Listed:
    rows = (
        (
            moment(each.at),
            both("act", each.act),
            both("outcome", each.outcome),
            clauses(each.clauses),
        )
        for each in all_of[:MOST_ROWS]
    )
    return listed("refusals", ACTS, len(all_of), rows)


def clauses(named: Sequence[Clause]) -> str:
    """Return each clause by its id and its place in the book, the rest counted."""
    texts = [f"{each.id} ({each.cite})" if each.cite else each.id for each in named]
    rest = len(texts) - MOST_CLAUSES
    return cut("、".join(texts[:MOST_CLAUSES])) + (f" +{rest}" if rest > 0 else "")


def breaches(all_of: Sequence[Breach]) -> Listed:
    rows = (
        (
            moment(each.at),
            both("what", each.what) if each.what else both("said", "hidden"),
            both("verdict", each.verdict),
            clauses(each.clauses),
        )
        for each in all_of[:MOST_ROWS]
    )
    return listed("breaches", DEEDS, len(all_of), rows)


def gaps(coverage: Coverage | None) -> Listed:
    all_of: Sequence[Gap] = coverage.gaps if coverage else ()
    rows = (
        (
            f"{each.starts:%H:%M:%S}–{each.ends:%H:%M:%S}",
            both("said", "seconds", n=f"{(each.ends - each.starts).total_seconds():g}"),
            both("stopped", each.reason) if each.reason else both("said", "undeclared"),
        )
        for each in all_of[:MOST_ROWS]
    )
    return listed("gaps", GAPS, len(all_of), rows)


def files(report: Report) -> Listed:
    """Return the files, so many in a row."""
    cells = [cell for each in report.files[: MOST_ROWS * ABREAST] for cell in file(each)]
    cells += [""] * (-len(cells) % (ABREAST * 2))
    rows = tuple(
        tuple(cells[start : start + ABREAST * 2])
        for start in range(0, len(cells), ABREAST * 2)
    )
    zh, en = said("fact", "files_digest")
    beside = f"{zh} {en}  {report.seal.hash}:{report.files_digest}"
    return replace(
        listed("files", FILES, len(report.files), rows), apiece=ABREAST, beside=beside
    )


def file(kept: File) -> tuple[str, str]:
    kind = "gone" if kept.gone else kept.kind
    return both("media", kind), kept.sha256[:16]


def listed(
    name: str, columns: tuple[int, ...], total: int, rows: Iterable[tuple[str, ...]]
) -> Listed:
    return Listed(
        name=said("part_of", name),
        columns=columns,
        apiece=1,
        total=total,
        rows=tuple(tuple(cut(cell) for cell in row) for row in rows),
        none=both("none", name),
        more=both("said", "more", n="{n}"),
    )


def sealing(report: Report) -> Iterable[tuple[str, str]]:
    seal = report.seal
    reasons = (both("reason", each) for each in seal.reasons)
    yield "grade", "；".join((both("grade", seal.grade), *reasons))
    yield "sealed", f"{moment(seal.at)} ({offset(seal.at)})"
    yield "digest", f"{seal.hash}:{seal.digest}"
    if seal.leaf is not None:
        yield "leaf", both("said", "leaf", n=seal.leaf)
    yield "key", seal.key
    yield "records", str(seal.records)


def sentences(report: Report) -> tuple[str, ...]:
    how = said("said", "verify")
    if report.verify_at:
        scan = said("said", "scan", at=cut(report.verify_at))
        how = how[0] + scan[0], f"{how[1]} {scan[1]}"
    return (*how, *said("said", "page"))
