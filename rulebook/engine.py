"""Facts in, a verdict and all its reasons out.

Every clause of every book that names a rule for the act is judged; nothing is merged or
skipped. Whatever cannot be judged counts as not allowed, and so does an act that needs a
norm no book settles. What keeps the other clauses, they say (`rulebook/kept.py`).
"""

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from proto.decision import Act, Outcome, Reason, Verdict
from rulebook import book as shelf
from rulebook import wording
from rulebook.book import Clause
from rulebook.facts import DoorFacts, Facts
from rulebook.needed import NEEDED
from rulebook.rule import Excuse, NotKnowable, Rule
from rulebook.topics import EXCUSES, RULES, TERMS

log = logging.getLogger(__name__)

STRICTER = list(Outcome).index


@dataclass(frozen=True, slots=True)
class Judge:
    """One clause of one book, ready to be asked."""

    book: str
    clause: Clause
    rule: Rule
    excuse: Excuse | None = None

    @property
    def reads(self) -> frozenset[str]:
        """The facts it looks at, and no others."""
        return self.rule.reads | (self.excuse.reads if self.excuse else frozenset())

    def reason(self, facts: Facts) -> Reason | None:
        """Return why the clause is not met. What it cannot tell stops the act."""
        try:
            breach = self.rule.breach(facts)
            if breach is None or self.excused(facts):
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

    def outcome(self, facts: Facts) -> Outcome | None:
        """Return what becomes of the act by this clause alone, if it is not met."""
        try:
            met = self.rule.breach(facts) is None or self.excused(facts)
            return None if met else self.clause.otherwise
        except NotKnowable:
            return Outcome.STOP
        except Exception:
            log.exception("%s %s could not be judged", self.book, self.clause.clause)
            return Outcome.STOP

    def excused(self, facts: Facts) -> bool:
        """Say whether an exception of its own book lifts it. In doubt, none does."""
        try:
            return self.excuse is not None and self.excuse.granted(facts) is True
        except NotKnowable:
            return False
        except Exception:
            log.exception(
                "%s %s: no exception could be judged", self.book, self.clause.clause
            )
            return False

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


def judge(act: Act, facts: Facts, books: tuple[str, ...], on: date) -> Verdict:
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


Changes = Mapping[str, Mapping[str, Any]]
Foretold = dict[str, tuple[Outcome, tuple[str, ...]]]


def foretell(
    asked: Mapping[Act, Changes], facts: Facts, books: tuple[str, ...], on: date
) -> dict[Act, Foretold]:
    """Say what `judge` would answer if these facts changed so: outcome and clauses.

    A clause that looks at none of the changed facts is judged once for all of them, and
    for all acts that it speaks to.
    """
    judged: dict[int, Outcome | None] = {}
    told: dict[Act, Foretold] = {}
    for act, its in asked.items():
        bench = _bench(act, books, on)
        base = _as_it_is(bench, facts, judged)
        told[act] = {}
        for name, change in its.items():
            touched = _touched(act, books, on, frozenset(change))
            told[act][name] = _told(bench, base, touched, facts, change)
    return told


def turns(
    act: Act, facts: DoorFacts, books: tuple[str, ...], on: date
) -> frozenset[datetime]:
    """Return when `judge` may answer an act otherwise, should it begin then.

    On the wall clock of the day; in between the hours change nothing.
    """
    asked = (
        norm for one in _bench(act, books, on).judges for norm in (one.rule, one.excuse)
    )
    return frozenset(turn for norm in asked if norm for turn in norm.turns(facts))


def _as_it_is(
    bench: Bench, facts: Facts, judged: dict[int, Outcome | None]
) -> dict[int, Outcome]:
    """Return what becomes of the act by the judges that are against it, by their places.

    `judged` is what other benches found: a clause is the same object on all of them.
    """
    found = {}
    for number, one in enumerate(bench.judges):
        mark = id(one.clause)
        if mark not in judged:
            judged[mark] = one.outcome(facts)
        if (outcome := judged[mark]) is not None:
            found[number] = outcome
    return found


def _told(
    bench: Bench,
    base: Mapping[int, Outcome],
    touched: Iterable[int],
    facts: Facts,
    change: Mapping[str, Any],
) -> tuple[Outcome, tuple[str, ...]]:
    """Return outcome and clauses once the judges that the change touches are asked anew."""
    found = dict(base)
    if touched:
        changed = replace(facts, **change)
        for number in touched:
            found.pop(number, None)
            if (outcome := bench.judges[number].outcome(changed)) is not None:
                found[number] = outcome
    against = [(reason.clause, reason.outcome) for reason in bench.objections]
    against += [(bench.judges[n].clause.clause, found[n]) for n in sorted(found)]
    strictest = max((o for _, o in against), key=STRICTER, default=Outcome.PROCEED)
    return strictest, tuple(dict.fromkeys(clause for clause, _ in against))


@lru_cache(maxsize=4096)
def _touched(
    act: Act, books: tuple[str, ...], on: date, changed: frozenset[str]
) -> tuple[int, ...]:
    """Return the judges, by their place on the bench, that look at one of these facts."""
    judges = _bench(act, books, on).judges
    return tuple(n for n, one in enumerate(judges) if one.reads & changed)


@lru_cache(maxsize=4096)
def _bench(act: Act, books: tuple[str, ...], on: date) -> Bench:
    known = shelf.known(books)
    in_force = {
        book.id: [one for one in book.clauses if one.in_force(on)] for book in known
    }
    judges = tuple(
        Judge(book, clause, RULES[clause.key](**clause.limits), _excuse(clause, clauses))
        for book, clauses in in_force.items()
        for clause in clauses
        if clause.judges(act)
    )
    for book, clauses in in_force.items():
        if not clauses:
            log.warning("%s has no clause in force on %s", book, on)
    terms = {
        one.key
        for clauses in in_force.values()
        for one in clauses
        if one.key in TERMS and TERMS[one.key](**one.limits).settles(act)
    }
    settled = {one.clause.key for one in judges} | terms
    objections = [
        *(_unknown(name) for name in shelf.unknown(books)),
        *(_silent(key) for key in NEEDED[act] if key not in settled),
    ]
    digests = "\n".join(sorted(book.digest for book in known))
    books_hash = hashlib.sha256(digests.encode()).hexdigest()
    return Bench(judges, tuple(objections), books_hash)


def _excuse(clause: Clause, in_force: Iterable[Clause]) -> Excuse | None:
    """Return the exception that a clause names, if its own book has it in force."""
    for one in in_force:
        if one.clause == clause.unless and one.key in EXCUSES:
            return EXCUSES[one.key](**one.limits)
    return None


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
