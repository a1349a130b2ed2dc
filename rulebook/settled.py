"""What the books of a case set between them: of two values, the stricter one counts.

`None` is never a default: it says that no book sets it, or that one of the books is
not known, and of such books nothing is.
"""

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from proto.decision import Act
from rulebook import book as shelf
from rulebook.rule import Term
from rulebook.terms import (
    AwaitHours,
    BankingHours,
    ClimbSeconds,
    ClosingHours,
    Covered,
    EndEarlyMinutes,
    EntryReasons,
    ExitMinutes,
    FourEyes,
    GapSeconds,
    Knocks,
    MoneyLeftMinutes,
    PartnerMinutes,
    PermitMinutes,
    ReceiptMinutes,
    ReportHours,
    SealHours,
    VisitMinutes,
    WaitMinutes,
    WarnMinutes,
)
from rulebook.window import Window

T = TypeVar("T", bound=Term)


@lru_cache(maxsize=1024)
def entry_reasons(books: tuple[str, ...], on: date) -> frozenset[str] | None:
    """Return the special reasons all books allow; nothing if none of them lists any."""
    lists = [term.allowed for term in _terms(EntryReasons, books, on)]
    return frozenset.intersection(*lists) if lists else None


@lru_cache(maxsize=1024)
def permit_minutes(books: tuple[str, ...], act: Act, on: date) -> int | None:
    """Return how long a permit is good: the shortest any book sets, if any does."""
    set_by = (term.of(act) for term in _terms(PermitMinutes, books, on))
    return min((minutes for minutes in set_by if minutes is not None), default=None)


@lru_cache(maxsize=1024)
def visit_minutes(books: tuple[str, ...], on: date) -> int | None:
    """Return how long a visit may be expected to take: the longest any book sets."""
    set_by = (term.minutes for term in _terms(VisitMinutes, books, on))
    return max(set_by, default=None)


@lru_cache(maxsize=1024)
def wait_minutes(books: tuple[str, ...], on: date) -> int | None:
    """Return how long a pair may stay at a door where nobody is met: the shortest."""
    return min((term.minutes for term in _terms(WaitMinutes, books, on)), default=None)


@lru_cache(maxsize=1024)
def exit_minutes(books: tuple[str, ...], on: date) -> int | None:
    """Return how long leaving may take after an objection: the shortest."""
    return min((term.minutes for term in _terms(ExitMinutes, books, on)), default=None)


@lru_cache(maxsize=1024)
def warn_minutes(books: tuple[str, ...], on: date) -> tuple[int, int] | None:
    """Return how long before its window ends a pair is warned: the longest of each."""
    found = list(_terms(WarnMinutes, books, on))
    if not found:
        return None
    return max(term.first for term in found), max(term.last for term in found)


@lru_cache(maxsize=1024)
def partner_minutes(books: tuple[str, ...], on: date) -> int | None:
    """Return how long one may wait for the other before both are told: the shortest."""
    return min((term.minutes for term in _terms(PartnerMinutes, books, on)), default=None)


@lru_cache(maxsize=1024)
def end_early_minutes(books: tuple[str, ...], on: date) -> int | None:
    """Return how long one who is left alone may take to end and leave: the shortest."""
    return min((term.minutes for term in _terms(EndEarlyMinutes, books, on)), default=None)


@lru_cache(maxsize=1024)
def closing_hours(books: tuple[str, ...], on: date) -> int | None:
    """Return how long a visit stays open after its planned end: the shortest."""
    return min((term.hours for term in _terms(ClosingHours, books, on)), default=None)


@lru_cache(maxsize=1024)
def seal_hours(books: tuple[str, ...], on: date) -> int | None:
    """Return how long after its end a visit is sealed at the latest: the shortest."""
    return min((term.hours for term in _terms(SealHours, books, on)), default=None)


@lru_cache(maxsize=1024)
def knocks(books: tuple[str, ...], on: date) -> tuple[int, int] | None:
    """Return how often to knock and how many minutes to wait: the most of each."""
    found = list(_terms(Knocks, books, on))
    if not found:
        return None
    return max(term.at_least for term in found), max(term.minutes for term in found)


@lru_cache(maxsize=1024)
def climb_seconds(books: tuple[str, ...], on: date) -> int | None:
    """Return how long a call for help waits before it climbs: the shortest."""
    return min((term.seconds for term in _terms(ClimbSeconds, books, on)), default=None)


@lru_cache(maxsize=1024)
def report_hours(books: tuple[str, ...], on: date) -> int | None:
    """Return how soon the bank reports violence at a door: the shortest."""
    return min((term.hours for term in _terms(ReportHours, books, on)), default=None)


@lru_cache(maxsize=1024)
def window_closes(books: tuple[str, ...], on: date) -> time | None:
    """Return when people are left in peace, by the wall clock at their door: the earliest.

    What excuses from it, an hour that was named, is not regarded.
    """
    if shelf.unknown(books):
        return None
    found = (clause for each in shelf.known(books) for clause in each.clauses)
    windows = (one for one in found if one.key == Window.key and one.in_force(on))
    return min((Window(**one.limits).closes for one in windows), default=None)


@lru_cache(maxsize=1024)
def banking_hours(books: tuple[str, ...], on: date) -> int | None:
    """Return how soon the cash of a receipt must be paid in: the shortest."""
    return min((term.hours for term in _terms(BankingHours, books, on)), default=None)


@lru_cache(maxsize=1024)
def receipt_minutes(books: tuple[str, ...], on: date) -> int | None:
    """Return how soon a receipt must be given for cash: the shortest."""
    return min((term.minutes for term in _terms(ReceiptMinutes, books, on)), default=None)


@lru_cache(maxsize=1024)
def money_left_minutes(books: tuple[str, ...], on: date) -> int | None:
    """Return how soon money that was left behind must be reported: the shortest."""
    return min((term.minutes for term in _terms(MoneyLeftMinutes, books, on)), default=None)


@lru_cache(maxsize=1024)
def four_eyes_above(books: tuple[str, ...], on: date) -> Decimal | None:
    """Return the yuan above which two officers must allow cash: the smallest.

    Books that leave it open allow no authority at all (`rulebook/needed.py`).
    """
    return min((term.above for term in _terms(FourEyes, books, on)), default=None)


@lru_cache(maxsize=1024)
def covered_percent(books: tuple[str, ...], on: date) -> int | None:
    """Return how much of a talk must be recorded for it to be proven: the most."""
    return max((term.percent for term in _terms(Covered, books, on)), default=None)


@lru_cache(maxsize=1024)
def gap_seconds(books: tuple[str, ...], on: date) -> tuple[int, int] | None:
    """Return how long a gap must be to count, and what clocks may differ: the least."""
    found = list(_terms(GapSeconds, books, on))
    if not found:
        return None
    return min(term.seconds for term in found), min(term.tolerance_s for term in found)


@lru_cache(maxsize=1024)
def await_hours(books: tuple[str, ...], on: date) -> int | None:
    """Return how long after a visit its recordings are waited for: the shortest."""
    return min((term.hours for term in _terms(AwaitHours, books, on)), default=None)


@lru_cache(maxsize=1024)
def set_by(key: str, books: tuple[str, ...], on: date) -> tuple[str, ...]:
    """Return the clauses that set a term, by its key: what is cited when it is broken."""
    found = (clause for each in shelf.known(books) for clause in each.clauses)
    named = (one.clause for one in found if one.key == key and one.in_force(on))
    return tuple(dict.fromkeys(named))


@lru_cache(maxsize=4096)
def binding(books: tuple[str, ...], clauses: tuple[str, ...], on: date) -> tuple[str, ...]:
    """Return those of these clauses of the source that a book has in force on a day.

    Of books that are not all known nothing is known: then all of them bind.
    """
    if shelf.unknown(books):
        return clauses
    known = {
        clause.clause
        for book in shelf.known(books)
        for clause in book.clauses
        if clause.in_force(on)
    }
    return tuple(clause for clause in clauses if clause in known)


#: What remembers, for whoever changes the books under it.
KEPT = (
    entry_reasons,
    permit_minutes,
    visit_minutes,
    wait_minutes,
    exit_minutes,
    warn_minutes,
    partner_minutes,
    end_early_minutes,
    closing_hours,
    seal_hours,
    knocks,
    climb_seconds,
    report_hours,
    window_closes,
    banking_hours,
    receipt_minutes,
    money_left_minutes,
    four_eyes_above,
    covered_percent,
    gap_seconds,
    await_hours,
    set_by,
    binding,
)


def _terms(kind: type[T], books: tuple[str, ...], on: date) -> Iterator[T]:
    """Yield what the books set. Of books that are not all known, nothing is known."""
    if shelf.unknown(books):
        return
    for each in shelf.known(books):
        for clause in each.clauses:
            if clause.key == kind.key and clause.in_force(on):
                yield kind(**clause.limits)
