"""One act judged by four books, beside `if`s by hand that come to the same clauses.

What the books as data cost, and what they give for it: the chain has no dates, no quotes,
no sentences, and a lawyer cannot read it. `tests/test_judging.py` holds one against the
other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from timeit import repeat
from uuid import UUID, uuid5

import rulebook
from proto import ids
from proto.decision import Act, Outcome
from rulebook import Consent, DoorFacts, Here, Letter

ACT = Act.ENTER_PREMISES
BOOKS = ("CN-PLEDGE", "CN-CARDSTD", "CN-OUTREQ", "CONTRACT-DEMO")
OPENS, CLOSES = time(8), time(21)
PAIR = (uuid5(ids.NAMESPACE, "one"), uuid5(ids.NAMESPACE, "other"))
#: How often an act is judged in a run; the fastest of some runs is taken.
TIMES, RUNS = 5_000, 5
#: Microseconds that judging should stay below.
MOST_US = 50


@dataclass(frozen=True)
class Judging:
    """Microseconds to judge an act by every clause, and by hand."""

    books_us: float
    by_hand_us: float

    @property
    def met(self) -> bool:
        return self.books_us < MOST_US


def measured() -> Judging:
    """Judge an entry that nothing speaks against, and so every clause is asked."""
    facts = good_entry()
    day = facts.starts_at.date()
    verdict = rulebook.judge(ACT, facts, BOOKS, day)
    assert verdict.outcome is Outcome.PROCEED
    assert by_hand(facts) == []
    return Judging(
        books_us=microseconds(lambda: rulebook.judge(ACT, facts, BOOKS, day)),
        by_hand_us=microseconds(lambda: by_hand(facts)),
    )


def microseconds(work: Callable[[], object]) -> float:
    return min(repeat(work, number=TIMES, repeat=RUNS)) / TIMES * 1e6


def good_entry() -> DoorFacts:
    """Return the facts of an entry that nothing speaks against."""
    at = datetime.fromisoformat("2026-03-02T15:00:00+08:00")
    return DoorFacts(
        starts_at=at,
        ends_at=at,
        appointment=None,
        visited_today=False,
        endangered=False,
        here=tuple(Here(person, 10.0, 5.0, 3.0, True, True) for person in PAIR),
        on_duty=True,
        apart_m=3.0,
        pairing=None,
        planned=PAIR,
        letter=Letter("SQ-1", True, False, frozenset(PAIR), True),
        mandate_in_force=True,
        address_open=True,
        care=None,
        disputed=False,
        recorded=True,
        introduced=True,
        letter_shown=True,
        badge_shown=True,
        person_met="debtor",
        liable=frozenset(),
        person_capable=True,
        identity_confirmed=True,
        confirmed_items=2,
        entry_reason="limited_mobility",
        allowed_entry_reasons=frozenset({"limited_mobility"}),
        consent=Consent("debtor", True, False),
        objection=False,
        payment=None,
        cash=None,
        code=None,
        paper=None,
        handing=None,
        locating=None,
    )


def by_hand(facts: DoorFacts) -> list[str]:  # noqa: C901, PLR0912  # it is what it is for
    """Return the clauses of `BOOKS` that speak against entering, in their order."""
    against = []
    met = facts.handing != "letterbox" or facts.person_met is not None
    if not in_hours(facts):
        against.append("4.05")
    if facts.confirmed_items < 2:
        against.append("4.10")
    if not facts.identity_confirmed:
        against.append("4.11")
    if facts.disputed is not False:
        against += ["4.12", "4.13"]
    shown = facts.letter_shown and facts.badge_shown
    if not papers(facts) or (met and not shown):
        against.append("4.15")
    if stranger(facts):
        against.append("4.17")
    if facts.care is not None and facts.care.within_plan is not True:
        against += ["4.21", "4.22"]
    if len({one.collector_id for one in facts.here} & set(facts.planned)) < 2:
        against.append("4.27")
    if facts.entry_reason is None or facts.entry_reason not in (
        facts.allowed_entry_reasons or ()
    ):
        against.append("4.28")
    if not consented(facts):
        against.append("4.29")
    if not facts.mandate_in_force:
        against.append("4.38")
    if met and not facts.introduced:
        against.append("13.02")
    if stranger(facts):
        against += ["13.08", "13.09", "16.08"]
    if facts.confirmed_items < 2:
        against.append("16.10")
    if not facts.identity_confirmed:
        against.append("16.11")
    if not facts.here or not all(one.in_service for one in facts.here):
        against.append("C.01")
    if facts.objection is not False:
        against.append("C.06")
    if not facts.address_open:
        against.append("C.17")
    if met and facts.person_capable is not True:
        against.append("C.20")
    if met and facts.recorded is not True:
        against.append("C.22")
    if not facts.here or not facts.on_duty:
        against.append("C.23")
    return against


def stranger(facts: DoorFacts) -> bool:
    """Whether it is neither the debtor nor, only to talk, who the bank says owes it too."""
    only_talk = (facts.payment, facts.entry_reason, facts.code) == (None, None, None)
    owes = facts.person_met in facts.liable and facts.identity_confirmed
    return facts.person_met != "debtor" and not (only_talk and owes)


def in_hours(facts: DoorFacts) -> bool:
    starts, ends = facts.starts_at, facts.ends_at
    if starts.utcoffset() is None or ends.utcoffset() is None or ends < starts:
        return False
    inside = starts.time() >= OPENS and ends.time() < CLOSES
    return (inside and starts.date() == ends.date()) or by_appointment(facts)


def by_appointment(facts: DoorFacts) -> bool:
    hour = facts.appointment
    if hour is None or hour.agreed is not True or hour.used is not False:
        return False
    return hour.starts_at <= facts.starts_at <= facts.ends_at < hour.ends_at


def papers(facts: DoorFacts) -> bool:
    letter = facts.letter
    if letter is None or letter.revoked is not False:
        return False
    people: set[UUID] = {*facts.planned, *(one.collector_id for one in facts.here)}
    fits = letter.valid_on_day and letter.for_agency
    return fits and bool(people) and people <= letter.names


def consented(facts: DoorFacts) -> bool:
    consent = facts.consent
    if consent is None or consent.withdrawn is not False:
        return False
    return consent.by == "debtor" and consent.after_identified
