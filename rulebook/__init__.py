"""The rulebook: what each book allows, as data, and what that means, as code.

`books/` has one file per rulebook: clauses with a citation, dates and limits.
A topic module has one class per clause key: what the clause means for some facts.
`judge` puts every clause of a case's books to the facts and says why, if not.
"""

from rulebook.book import load
from rulebook.conflicts import Contradiction, contradictions
from rulebook.engine import foretell, judge, turns
from rulebook.facts import (
    Appointment,
    Care,
    Cash,
    Consent,
    DoorFacts,
    Here,
    Letter,
    Locating,
    MoneyFacts,
    Pairing,
    Paper,
    Payment,
    PaymentCode,
)
from rulebook.reading import Misprint
from rulebook.replay import facts_from_json, facts_json
from rulebook.settled import (
    await_hours,
    banking_hours,
    binding,
    climb_seconds,
    closing_hours,
    covered_percent,
    end_early_minutes,
    entry_reasons,
    exit_minutes,
    four_eyes_above,
    gap_seconds,
    knocks,
    money_left_minutes,
    partner_minutes,
    permit_minutes,
    receipt_minutes,
    report_hours,
    seal_hours,
    set_by,
    visit_minutes,
    wait_minutes,
    warn_minutes,
    window_closes,
)
from rulebook.wording import name, script, scripts

__all__ = [
    "Appointment",
    "Care",
    "Cash",
    "Consent",
    "Contradiction",
    "DoorFacts",
    "Here",
    "Letter",
    "Locating",
    "Misprint",
    "MoneyFacts",
    "Pairing",
    "Paper",
    "Payment",
    "PaymentCode",
    "await_hours",
    "banking_hours",
    "covered_percent",
    "gap_seconds",
    "climb_seconds",
    "closing_hours",
    "binding",
    "contradictions",
    "end_early_minutes",
    "entry_reasons",
    "exit_minutes",
    "facts_from_json",
    "facts_json",
    "foretell",
    "four_eyes_above",
    "judge",
    "knocks",
    "load",
    "money_left_minutes",
    "name",
    "partner_minutes",
    "permit_minutes",
    "receipt_minutes",
    "report_hours",
    "script",
    "scripts",
    "seal_hours",
    "set_by",
    "turns",
    "visit_minutes",
    "wait_minutes",
    "warn_minutes",
    "window_closes",
]
