"""Act 1: a mother invites them in, a debtor consents, money is left, and they overstay.

The case is bound by the Taiwan book as well: of it no cash is ever taken (21.038).
"""

from decimal import Decimal

from doorstep.demo.story import props
from doorstep.demo.story.props import CASH, ENTRY, JOURNAL, MOTHER, TALK
from doorstep.demo.story.step import Act, Expected, Step, Who
from proto.facts import (
    ConsentGiven,
    Entered,
    Left,
    MoneyLeft,
    MoneyRefused,
    Objected,
    PersonMet,
)

#: Speaking of it with anybody but the debtor, who nobody has confirmed (13.08, 4.11).
NOT_THE_DEBTOR = ("4.17", "13.08", "13.09", "16.08", "21.037")
NOT_CONFIRMED = ("4.10", "4.11", "16.10", "16.11")
#: Coming in without the debtor's own consent.
NO_CONSENT = ("4.29", "21.090")
ENTRY_REFUSED = "field_visit.entry_not_allowed"
REASON = {"reason": "limited_mobility"}

AT_THE_DOOR = (
    Step(
        "far-away",
        props.CHECK_IN,
        Expected(403, "stop", ("4.27", "C.02"), (props.CHECK_IN_REFUSED,)),
        present=1,
        away_m=1000,
    ),
    Step("alone", props.CHECK_IN, Expected(202, "wait", ("4.27",)), present=1),
    Step(
        "together",
        props.CHECK_IN,
        Expected(200, "proceed", (), (props.ARRIVED,)),
        present=2,
    ),
    Step(
        "door-photo",
        "TAKE photo",
        Expected(204, "taken", (), props.FILE),
    ),
    Step(
        "partner-records",
        JOURNAL,
        Expected(200, "received"),
        who=Who.PARTNER,
        facts=(props.RECORDING,),
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
            props.RECORDING,
            props.INTRODUCED,
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
            (ENTRY_REFUSED,),
        ),
        body=REASON,
    ),
    Step(
        "debtor-talk",
        TALK,
        Expected(200, "proceed"),
        facts=(PersonMet(relation=props.DEBTOR), props.CONFIRMED),
    ),
    Step(
        "entry-without-reason",
        ENTRY,
        Expected(403, "stop", ("4.28",), ("field_visit.consent_recorded", ENTRY_REFUSED)),
        facts=(ConsentGiven(answer="given", by=props.DEBTOR),),
    ),
    Step(
        "entry-with-all-three",
        ENTRY,
        Expected(200, "proceed", (), ("field_visit.entry_allowed",)),
        body=REASON,
    ),
)

INSIDE = (
    Step(
        "enter",
        JOURNAL,
        Expected(200, "received", (), ("field_visit.premises_entered",)),
        facts=(Entered(),),
    ),
    Step(
        "money-pressed",
        CASH,
        Expected(
            403,
            "stop",
            ("4.30", "4.32", "21.038"),
            ("field_visit.cash_not_allowed",),
        ),
        body={"amount": "500.00"},
        aloud=True,
    ),
    Step(
        "money-left",
        JOURNAL,
        Expected(200, "received", (), ("field_visit.money_left_behind",)),
        facts=(
            MoneyRefused(),
            MoneyLeft(amount=Decimal("500.00"), counted_by_both=True),
        ),
    ),
    Step(
        "money-noted",
        f"GET {props.CASE}/money",
        Expected(
            200,
            "shown",
            shows={
                "incidents.0.amount": "500.00",
                "incidents.0.reported_late": False,
                "receipts": [],
                "authorities": [],
            },
        ),
        who=Who.OFFICER,
        hears=True,
    ),
    Step(
        "cash-never",
        f"POST {props.AUTHORITY}",
        Expected(403, "stop", ("21.038",), shows={"state": None}),
        who=Who.OFFICER,
        body={
            "authority_id": "{authority}",
            "reason": "limited_mobility",
            "cap": "500.00",
            "good_until": "2026-03-02T20:00:00+08:00",
        },
    ),
    Step(
        "mother-objects",
        JOURNAL,
        Expected(200, "received", (), ("field_visit.entry_declined",)),
        facts=(Objected(by=MOTHER),),
    ),
    Step(
        "power-failed",
        props.SHOW_VISIT,
        Expected(
            200,
            "shown",
            topics=("field_visit.breach_suspected",),
            marked=("C.06", "C.11"),
            shows={"inside": True},
        ),
        who=Who.SUPERVISOR,
        clock=props.AFTER_THE_POWER_FAILED,
    ),
    Step("stay", ENTRY, Expected(403, "stop", ("C.06",), (ENTRY_REFUSED,)), body=REASON),
    Step(
        "leave",
        JOURNAL,
        Expected(200, "received", (), ("field_visit.premises_left",)),
        facts=(Left(),),
    ),
    Step(
        "recorded",
        "TAKE sound",
        Expected(204, "taken", (), props.FILE),
        facts=(props.RECORDED,),
    ),
    Step(
        "partner-recorded",
        "TAKE sound",
        Expected(204, "taken", (), props.FILE),
        who=Who.PARTNER,
        facts=(props.RECORDED,),
    ),
    Step(
        "check-out",
        props.CHECK_OUT,
        Expected(200, "closed", (), (props.LEFT_THE_DOOR,)),
        body={"ending": "talked"},
    ),
)

INVITED_IN = Act("invited-in", "invited-in", (*AT_THE_DOOR, *INSIDE))
