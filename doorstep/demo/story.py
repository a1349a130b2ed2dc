"""The story of one visit, and what the rules answer at each step of it.

The answers are written out here, clause by clause, and not computed by the rulebook: the
demonstration would otherwise agree with whatever the rulebook says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from proto.field_visit import (
    ConsentGiven,
    Entered,
    Fact,
    Identified,
    Introduced,
    Left,
    MaskedItem,
    Objected,
    PersonMet,
    Relation,
)

#: Speaking of it with anybody but the debtor, who nobody has confirmed (13.08, 4.11).
NOT_THE_DEBTOR = ("4.17", "13.08", "13.09", "16.08", "21.037")
NOT_CONFIRMED = ("4.10", "4.11", "16.10", "16.11")
#: Coming in without the debtor's own consent.
NO_CONSENT = ("4.29", "21.090")


@dataclass(frozen=True)
class Expected:
    """What the rules say of a step: how it is answered, and which events tell of it."""

    status: int
    outcome: str
    clauses: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step: what the phone writes down first, then what is asked of the gateway.

    `name` is its text under `demo.steps`, `ask` the last part of the path. `present` is
    how many collectors a check-in carries.
    """

    name: str
    ask: str
    expects: Expected
    facts: tuple[Fact, ...] = ()
    body: Mapping[str, str] = field(default_factory=dict)
    present: int = 0


INTRODUCED = Introduced(mandate_declared=True, badge_shown=True, letter_shown=True)
MOTHER, DEBTOR = Relation.PARENT, Relation.DEBTOR
CONFIRMED = Identified(name_said=True, items=(MaskedItem.ID_TAIL, MaskedItem.CARD_TAIL))
TALK, ENTRY = "asks/discuss-debt", "asks/enter-premises"
REASON = {"reason": "limited_mobility"}

STORY = (
    Step(
        "alone",
        "check-ins",
        Expected(202, "wait", ("4.27",)),
        present=1,
    ),
    Step(
        "together",
        "check-ins",
        Expected(200, "proceed", (), ("field_visit.collectors_arrived",)),
        present=2,
    ),
    Step(
        "mother-talk",
        TALK,
        Expected(
            403,
            "stop",
            (*NOT_CONFIRMED, *NOT_THE_DEBTOR),
            ("field_visit.consent_recorded", "field_visit.talk_not_allowed"),
        ),
        facts=(
            INTRODUCED,
            PersonMet(relation=MOTHER),
            ConsentGiven(answer="given", by=MOTHER),
        ),
    ),
    Step(
        "mother-entry",
        ENTRY,
        Expected(
            403,
            "stop",
            (*NOT_CONFIRMED, *NOT_THE_DEBTOR, *NO_CONSENT),
            ("field_visit.entry_not_allowed",),
        ),
        body=REASON,
    ),
    Step(
        "debtor-talk",
        TALK,
        Expected(200, "proceed"),
        facts=(PersonMet(relation=DEBTOR), CONFIRMED),
    ),
    Step(
        "entry-without-reason",
        ENTRY,
        Expected(
            403,
            "stop",
            ("4.28",),
            ("field_visit.consent_recorded", "field_visit.entry_not_allowed"),
        ),
        facts=(ConsentGiven(answer="given", by=DEBTOR),),
    ),
    Step(
        "entry-with-all-three",
        ENTRY,
        Expected(200, "proceed", (), ("field_visit.entry_allowed",)),
        body=REASON,
    ),
    Step("enter", "journal", Expected(200, "received"), facts=(Entered(),)),
    Step("leave", "journal", Expected(200, "received"), facts=(Left(),)),
    Step(
        "objection",
        ENTRY,
        Expected(
            403,
            "stop",
            ("C.06",),
            ("field_visit.entry_declined", "field_visit.entry_not_allowed"),
        ),
        facts=(Objected(by=MOTHER),),
        body=REASON,
    ),
    Step(
        "check-out",
        "check-out",
        Expected(200, "closed", (), ("field_visit.collectors_left",)),
        body={"ending": "talked"},
    ),
)
