"""Facts in, a verdict and all its reasons out.

Every clause of every book is judged; nothing is merged or skipped. Whatever cannot be
judged counts as not allowed, and so does an act that needs a norm no book settles.
"""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

from proto.decision import Act, Outcome, Reason, Verdict
from rulebook import wording
from rulebook.book import Book, Clause, load
from rulebook.facts import DoorFacts
from rulebook.needed import NEEDED
from rulebook.rule import NotKnowable, Rule, Term
from rulebook.terms import EntryReasons, PermitMinutes, VisitMinutes
from rulebook.topics import RULES, TERMS

log = logging.getLogger(__name__)

STRICTER = list(Outcome).index
T = TypeVar("T", bound=Term)


@dataclass(frozen=True, slots=True)
class Judge:
    """One clause of one book, ready to be asked."""

    book: str
    clause: Clause
    rule: Rule

    def reason(self, facts: DoorFacts) -> Reason | None:
        """Return why the clause is not met. What it cannot tell stops the act."""
        try:
            breach = self.rule.breach(facts)
            if breach is None:
                return None
            values = dict(breach.values)
            if self.clause.ask is not None:
                values["ask"] = self.clause.ask.value
            return self._against(breach.key, values, values, self.clause.otherwise)
        except NotKnowable as unknown:
            return self._not_knowable(unknown.fact)
        except Exception:
            log.exception("%s %s could not be judged", self.book, self.clause.clause)
            return self._not_knowable("unforeseen")

    def outcome(self, facts: DoorFacts) -> Outcome | None:
        """Return what becomes of the act by this clause alone, if it is not met."""
        try:
            return None if self.rule.breach(facts) is None else self.clause.otherwise
        except NotKnowable:
            return Outcome.STOP
        except Exception:
            log.exception("%s %s could not be judged", self.book, self.clause.clause)
            return Outcome.STOP

    def _not_knowable(self, fact: str) -> Reason:
        named = {"fact": wording.name(f"fact.{fact}")}
        return self._against("rulebook.not_knowable", named, {"fact": fact}, Outcome.STOP)

    def _against(
        self,
        sentence: str,
        spoken: Mapping[str, Any],
        values: dict[str, Any],
        outcome: Outcome,
    ) -> Reason:
        says, cure = wording.breach(sentence, spoken)
        return Reason(
            key=self.clause.key,
            book=self.book,
            clause=self.clause.clause,
            cite=self.clause.cite,
            quote=self.clause.quote,
            outcome=outcome,
            says=says,
            cure=cure,
            values=values,
        )


@dataclass(frozen=True, slots=True)
class Bench:
    """All that judges an act under some books on a day."""

    judges: tuple[Judge, ...]
    objections: tuple[Reason, ...]
    books_hash: str


def judge(act: Act, facts: DoorFacts, books: tuple[str, ...], on: date) -> Verdict:
    """Judge an act by every clause of its books in force on a day at the door.

    A book nobody knows, or books that leave open what the act needs (`NEEDED`): stopped.
    """
    bench = _bench(act, books, on)
    found = (one.reason(facts) for one in bench.judges)
    reasons = (*bench.objections, *(reason for reason in found if reason is not None))
    outcomes = (reason.outcome for reason in reasons)
    return Verdict(
        act=act,
        outcome=max(outcomes, key=STRICTER, default=Outcome.PROCEED),
        reasons=reasons,
        books=books,
        books_hash=bench.books_hash,
        on=on,
    )


def foretell(
    act: Act,
    facts: DoorFacts,
    changes: Mapping[str, Mapping[str, Any]],
    books: tuple[str, ...],
    on: date,
) -> dict[str, tuple[Outcome, tuple[str, ...]]]:
    """Say what `judge` would answer if these facts changed so: outcome and clauses.

    A clause that looks at none of the changed facts is judged once for all of them.
    """
    bench = _bench(act, books, on)
    always = [(reason.clause, reason.outcome) for reason in bench.objections]
    base = _outcomes(bench, range(len(bench.judges)), facts)
    told = {}
    for name, change in changes.items():
        found = dict(base)
        if touched := _touched(act, books, on, frozenset(change)):
            for number in touched:
                found.pop(number, None)
            found |= _outcomes(bench, touched, replace(facts, **change))
        against = [
            *always,
            *((bench.judges[n].clause.clause, found[n]) for n in sorted(found)),
        ]
        strictest = max((o for _, o in against), key=STRICTER, default=Outcome.PROCEED)
        told[name] = strictest, tuple(dict.fromkeys(clause for clause, _ in against))
    return told


def _outcomes(bench: Bench, numbers: Iterable[int], facts: DoorFacts) -> dict[int, Outcome]:
    """Return what becomes of the act by those of these judges that are against it."""
    asked = ((number, bench.judges[number].outcome(facts)) for number in numbers)
    return {number: outcome for number, outcome in asked if outcome is not None}


@lru_cache(maxsize=4096)
def _touched(
    act: Act, books: tuple[str, ...], on: date, changed: frozenset[str]
) -> tuple[int, ...]:
    """Return the judges, by their place on the bench, that look at one of these facts."""
    judges = _bench(act, books, on).judges
    return tuple(n for n, one in enumerate(judges) if one.rule.reads & changed)


@lru_cache(maxsize=1024)
def entry_reasons(books: tuple[str, ...], on: date) -> frozenset[str] | None:
    """Return the special reasons all books allow; nothing if none of them lists any."""
    lists = [term.allowed for term in _terms(EntryReasons, books, on)]
    return frozenset.intersection(*lists) if lists else None


@lru_cache(maxsize=1024)
def permit_minutes(books: tuple[str, ...], act: Act, on: date) -> int | None:
    """Return how long a permit is good: the shortest any book sets, if any does."""
    set_by = (term.of(act) for term in _terms(PermitMinutes, books, on))
    return min(set_by, default=None)


@lru_cache(maxsize=1024)
def visit_minutes(books: tuple[str, ...], on: date) -> int | None:
    """Return how long a visit may be expected to take: the longest any book sets."""
    set_by = (term.minutes for term in _terms(VisitMinutes, books, on))
    return max(set_by, default=None)


@lru_cache(maxsize=4096)
def _bench(act: Act, books: tuple[str, ...], on: date) -> Bench:
    known = _known(books)
    in_force = {
        book.id: [one for one in book.clauses if one.in_force(on)] for book in known
    }
    judges = tuple(
        Judge(book, clause, RULES[clause.key](**clause.limits))
        for book, clauses in in_force.items()
        for clause in clauses
        if clause.judges(act)
    )
    for book, clauses in in_force.items():
        if not clauses:
            log.warning("%s has no clause in force on %s", book, on)
    terms = {one.key for clauses in in_force.values() for one in clauses} & TERMS.keys()
    settled = {one.clause.key for one in judges} | terms
    unknown = [name for name in books if name not in load()]
    objections = [
        *(_unknown(name) for name in unknown),
        *(_silent(key) for key in NEEDED[act] if key not in settled),
    ]
    digests = "\n".join(sorted(book.digest for book in known))
    books_hash = hashlib.sha256(digests.encode()).hexdigest()
    return Bench(judges, tuple(objections), books_hash)


def _unknown(book: str) -> Reason:
    """Return the reason that a case names a book nobody knows."""
    return _of_the_rulebook("rulebook.unknown_book", {"book": book}, {"book": book}, book)


def _silent(norm: str) -> Reason:
    """Return the reason that no book settles a norm, by its key, that the act needs."""
    named = {"norm": wording.name(f"norm.{norm}")}
    return _of_the_rulebook("rulebook.silent", named, {"norm": norm})


def _of_the_rulebook(
    key: str, spoken: Mapping[str, Any], values: dict[str, Any], book: str = "-"
) -> Reason:
    """Return a reason that no clause gives: there is nobody to judge the act."""
    says, cure = wording.breach(key, spoken)
    return Reason(
        key=key,
        book=book,
        clause="-",
        cite="-",
        quote="",
        outcome=Outcome.STOP,
        says=says,
        cure=cure,
        values=values,
    )


def _known(books: tuple[str, ...]) -> list[Book]:
    """Return the books that exist, each once, in the order they were named."""
    return [load()[name] for name in dict.fromkeys(books) if name in load()]


def _terms(kind: type[T], books: tuple[str, ...], on: date) -> Iterator[T]:
    """Yield what the books set. Of books that are not all known, nothing is known."""
    known = _known(books)
    if not all(name in load() for name in books):
        return
    for book in known:
        for clause in book.clauses:
            if clause.key == kind.key and clause.in_force(on):
                yield kind(**clause.limits)
