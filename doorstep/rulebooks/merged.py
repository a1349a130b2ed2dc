"""What some books say together on a day: every clause, and of two limits the stricter.

For people to read. Nothing is decided by it: the engine judges every clause by itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from proto.decision import Act
from rulebook import Contradiction, contradictions
from rulebook import book as shelf
from rulebook.book import Book, Clause
from rulebook.needed import NEEDED
from rulebook.topics import EXCUSES, RULES, TERMS

Strictest = Callable[[Iterable[Any]], Any]


def of_all(lists: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return what every list allows."""
    return frozenset.intersection(*lists)


#: Which of two values binds harder, by the limit's name; or by norm and name where the
#: same name means two things.
STRICTEST: Mapping[str, Strictest] = {
    "opens": max,
    "closes": min,
    "at_least": max,
    "within_m": min,
    "within_s": min,
    "ahead_s": min,
    "most": min,
    "above": min,
    "letter.min_amount.above": max,
    "minutes": min,
    "visit.expected_minutes.minutes": max,
    "visit.knocks.minutes": max,
    "seconds": min,
    "first": max,
    "last": max,
    "hours": min,
    "allowed": of_all,
    "percent": max,
    "tolerance_s": min,
    **{act.value: min for act in Act},
}


@dataclass(frozen=True)
class Said:
    """A clause in force, and what it limits."""

    book: Book
    clause: Clause
    limits: Mapping[str, Any]


@dataclass(frozen=True)
class Norm:
    """All that the books say about one thing, and what of it binds hardest."""

    key: str
    said: tuple[Said, ...]
    limits: Mapping[str, Any]

    def by(self, name: str) -> tuple[str, ...]:
        """Return the clauses that set a limit as strict as it is."""
        strictest = self.limits[name]
        return tuple(
            each.clause.clause for each in self.said if each.limits.get(name) == strictest
        )


@dataclass(frozen=True)
class Merged:
    """Books on a day; of an act only what concerns it, if one was asked for."""

    books: tuple[Book, ...]
    on: date
    act: Act | None
    judged: tuple[Norm, ...]
    excuses: tuple[Norm, ...]
    terms: tuple[Norm, ...]
    kept: tuple[Norm, ...]
    open: Mapping[Act, tuple[str, ...]]
    contradictions: tuple[Contradiction, ...]

    def norm(self, key: str) -> Norm | None:
        """Return what is said about one thing, if anything is."""
        every = (*self.judged, *self.excuses, *self.terms)
        return next((norm for norm in every if norm.key == key), None)


def merge(names: tuple[str, ...], on: date, act: Act | None = None) -> Merged:
    """Return what these books, which must exist, say together."""
    books = tuple(shelf.known(names))
    said = [
        Said(book, clause, limits_of(clause))
        for book in books
        for clause in book.clauses
        if clause.in_force(on)
    ]
    judged = [each for each in said if each.clause.key in RULES]
    if act is not None:
        judged = [each for each in judged if each.clause.judges(act)]
    named = {(each.book.id, each.clause.unless) for each in judged}
    excuses = [
        each
        for each in said
        if each.clause.key in EXCUSES and (each.book.id, each.clause.clause) in named
    ]
    terms = [each for each in said if sets(each.clause, act)]
    kept = [each for each in said if each.clause.kept_by and act is None]
    acts = (act,) if act else tuple(Act)
    shown = {each.clause.clause for each in (*judged, *excuses, *terms, *kept)}
    return Merged(
        books=books,
        on=on,
        act=act,
        judged=norms(judged),
        excuses=norms(excuses),
        terms=norms(terms),
        kept=norms(kept),
        open={each: found for each in acts if (found := left_open(said, each))},
        contradictions=tuple(
            each
            for each in contradictions(names)
            if each.between(names) and (act is None or shown & {*each.clauses()})
        ),
    )


def limits_of(clause: Clause) -> Mapping[str, Any]:
    """Return a clause's limits as its norm reads them, without those it leaves out."""
    kinds: dict[str, type[Any]] = {**RULES, **EXCUSES, **TERMS}
    if clause.kept_by or clause.key not in kinds:
        return {}
    norm = kinds[clause.key](**clause.limits)
    read = {name: getattr(norm, name) for name in type(norm).model_fields}
    return {name: value for name, value in read.items() if value is not None}


def sets(clause: Clause, act: Act | None) -> bool:
    """Tell whether a clause sets a term, and one that the act needs."""
    if clause.kept_by or clause.key not in TERMS:
        return False
    return act is None or clause.key in NEEDED[act]


def norms(said: Iterable[Said]) -> tuple[Norm, ...]:
    """Put together what is said about each thing, in the order the books came."""
    about: dict[str, list[Said]] = {}
    for each in said:
        about.setdefault(each.clause.key, []).append(each)
    return tuple(
        Norm(key, tuple(all_), strictest(key, all_)) for key, all_ in about.items()
    )


def strictest(key: str, said: Iterable[Said]) -> Mapping[str, Any]:
    values: dict[str, list[Any]] = {}
    for each in said:
        for name, value in each.limits.items():
            values.setdefault(name, []).append(value)
    return {name: strictness(key, name)(found) for name, found in values.items()}


def strictness(key: str, name: str) -> Strictest:
    """Return which of two values of a limit binds harder. Raises KeyError."""
    return STRICTEST.get(f"{key}.{name}") or STRICTEST[name]


def left_open(said: Iterable[Said], act: Act) -> tuple[str, ...]:
    """Return the norms that an act needs and no book settles: it is never allowed."""
    clauses = [each.clause for each in said if not each.clause.kept_by]
    settled = {
        clause.key
        for clause in clauses
        if clause.judges(act)
        or (clause.key in TERMS and TERMS[clause.key](**clause.limits).settles(act))
    }
    return tuple(key for key in NEEDED[act] if key not in settled)
