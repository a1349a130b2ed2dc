"""What will be answered today: for every deed, whoever is met, at each second of the day.

Visits of which the same is known share one table, which is made once and remembered: what
it was made from names nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import rulebook
from chassis.unit import Unit
from proto.decision import Outcome
from proto.pack import Deed, Lack, Met, PackAnswer, Row, Table, ZoneDay
from rulebook import DoorFacts
from services.field_visit.handlers import expecting
from services.field_visit.model import Visit

SECOND = timedelta(seconds=1)
STRICTER = list(Outcome).index
#: Who is there when it is asked what one thing that is lacking would mean.
FOR_WHOM = {
    Deed.CHECK_IN: Met.NOBODY,
    Deed.USE_LETTERBOX: Met.NOBODY,
    Deed.ASK_THIRD_PARTY: Met.NEIGHBOUR,
}

#: From each second of the day on, what is known of a deed: at its first moment, and at
#: those within it at which something changes.
Course = tuple[tuple[int, tuple[DoorFacts, ...]], ...]
Told = dict[Met, tuple[tuple[int, PackAnswer], ...]]


@dataclass
class Answers:
    """The tables of a pack, and the answers they name by number, each once."""

    answers: dict[PackAnswer, int] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    made: dict[tuple[object, ...], int] = field(default_factory=dict)

    def number(self, answer: PackAnswer) -> int:
        return self.answers.setdefault(answer, len(self.answers))

    def table(self, visit: Visit, unit: Unit) -> int:
        """Return the number of a visit's table; the same one where the same is known."""
        day = day_of(visit, unit.now)
        courses = courses_of(visit, day, unit)
        key = (visit.books, day, *courses.values())
        if key not in self.made:
            self.made[key] = len(self.tables)
            self.tables.append(self.table_of(courses, visit.books, day.on))
        return self.made[key]

    def table_of(
        self, courses: dict[Deed, Course], books: tuple[str, ...], on: date
    ) -> Table:
        told = {deed: foretold(deed, each, books, on) for deed, each in courses.items()}
        lacks = {deed: lacking(deed, each, books, on) for deed, each in courses.items()}
        return Table(
            rows={deed: self.rows(each) for deed, each in told.items()},
            lacking={
                deed: {lack: self.number(answer) for lack, answer in each.items()}
                for deed, each in lacks.items()
            },
            reasons=tuple(sorted(rulebook.entry_reasons(books, on) or ())),
        )

    def rows(self, told: Told) -> tuple[Row, ...]:
        """Return the answers of a deed, those who are answered alike together."""
        alike: dict[tuple[tuple[int, int], ...], list[Met]] = {}
        for met, turns in told.items():
            numbered = tuple((second, self.number(answer)) for second, answer in turns)
            alike.setdefault(numbered, []).append(met)
        return tuple(Row(met=tuple(met), turns=turns) for turns, met in alike.items())


def day_of(visit: Visit, now: datetime) -> ZoneDay:
    """Return the day it is at the door."""
    today = visit.local(now).date()
    return ZoneDay(on=today, begins_at=begins(today, visit.zone))


def begins(day: date, zone: str) -> datetime:
    """Return the first moment of a day by a wall clock."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def courses_of(visit: Visit, day: ZoneDay, unit: Unit) -> dict[Deed, Course]:
    """Return what is known of every deed through the day."""
    first = day.begins_at
    last = begins(day.on + timedelta(days=1), visit.zone)
    moments: dict[int, set[datetime]] = {}
    for turn in expecting.turns(visit, first, last, unit):
        second, rest = divmod(turn - first, SECOND)
        moments.setdefault(second, {first + second * SECOND}).add(turn)
        if rest and turn + SECOND < last:
            moments.setdefault(second + 1, {first + (second + 1) * SECOND})
    found: dict[Deed, list[tuple[int, tuple[DoorFacts, ...]]]] = {deed: [] for deed in Deed}
    for second, ats in sorted(moments.items()):
        known = [(at, expecting.at_the_door(visit, at, unit)) for at in sorted(ats)]
        for deed, course in found.items():
            asked = (
                expecting.expected(visit, deed, facts, at, unit) for at, facts in known
            )
            course.append((second, tuple(asked)))
    return {deed: tuple(course) for deed, course in found.items()}


@lru_cache(maxsize=512)
def foretold(deed: Deed, course: Course, books: tuple[str, ...], on: date) -> Told:
    """Return the answers to a deed through the day, by whoever is met."""
    found: dict[Met, list[tuple[int, PackAnswer]]] = {met: [] for met in Met}
    for second, known in course:
        told = [told_of(deed, each, expecting.MET, books, on) for each in known]
        for met, turns in found.items():
            answer = strictest(each[met] for each in told)
            if not turns or turns[-1][1] != answer:
                turns.append((second, answer))
    return {met: tuple(turns) for met, turns in found.items()}


def told_of(
    deed: Deed,
    facts: DoorFacts,
    changes: Mapping[str, Mapping[str, Any]],
    books: tuple[str, ...],
    on: date,
) -> Mapping[str, tuple[Outcome, tuple[str, ...]]]:
    """Return what would be answered to a deed if these facts changed so."""
    return rulebook.foretell({deed.act: changes}, facts, books, on)[deed.act]


def strictest(answers: Iterable[tuple[Outcome, tuple[str, ...]]]) -> PackAnswer:
    """Return the answer of a second in which it changes: doubt wins."""
    outcome, clauses = max(answers, key=lambda each: (STRICTER(each[0]), len(each[1])))
    return PackAnswer(outcome=outcome, clauses=clauses)


@lru_cache(maxsize=512)
def lacking(
    deed: Deed, course: Course, books: tuple[str, ...], on: date
) -> dict[Lack, PackAnswer]:
    """Return what speaks against a deed besides, when one thing is not as it should be."""
    met = expecting.MET[FOR_WHOM.get(deed, Met.DEBTOR)]
    facts = at_its_best([replace(each[0], **met) for _, each in course], deed, books, on)
    changes: dict[str, dict[str, Any]] = {"": {}, **without(facts)}
    told = told_of(deed, facts, changes, books, on)
    _, always = told[""]
    found = {}
    for lack, (outcome, clauses) in told.items():
        if not lack:
            continue
        if more := tuple(each for each in clauses if each not in always):
            found[Lack(lack)] = PackAnswer(outcome=outcome, clauses=more)
    return found


def at_its_best(
    known: Sequence[DoorFacts], deed: Deed, books: tuple[str, ...], on: date
) -> DoorFacts:
    """Return the facts of a moment at which the least speaks against a deed."""

    def against(facts: DoorFacts) -> int:
        outcome, clauses = told_of(deed, facts, {"": {}}, books, on)[""]
        return STRICTER(outcome) * 1_000 + len(clauses)

    return min(known, key=against)


def without(facts: DoorFacts) -> dict[str, dict[str, Any]]:
    """Return how the facts look when one thing is lacking."""
    agreed = facts.locating and replace(facts.locating, answer=None)
    return {
        Lack.PARTNER: {"here": facts.here[:1]},
        Lack.SHIFT: {"on_duty": False},
        Lack.RECORDING: {"recorded": False},
        Lack.INTRODUCTION: {"introduced": False},
        Lack.LETTER: {"letter_shown": False},
        Lack.BADGE: {"badge_shown": False},
        Lack.CONSENT: {"consent": None},
        Lack.REASON: {"entry_reason": None},
        Lack.PEACE: {"objection": True},
        Lack.LEAVE_TO_ASK: {"locating": agreed},
    }
