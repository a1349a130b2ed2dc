"""Act 2: cash in a remote place, with two officers' leave, a receipt, and banked."""

from datetime import datetime
from decimal import Decimal

from doorstep.demo.story import props
from doorstep.demo.story.props import CASH
from doorstep.demo.story.step import Act, Expected, Step, Who
from proto.facts import (
    Appointment,
    CashHanded,
)

AMOUNT = "3000.00"
#: Without the bank's leave (4.30), which nobody asked for, or only one has given (4.32).
NO_LEAVE = ("4.30", "4.32")
CASH_REFUSED = "field_visit.cash_not_allowed"
CONFIRM = f"POST {props.AUTHORITY}/{{authority}}/confirmation"
RECEIPT = {
    "case_id": "{case}",
    "authority_id": "{authority}",
    "amount": AMOUNT,
}
#: One paper is still to be signed: the debtor asks them to come back this evening (4.06).
TONIGHT = Appointment(
    starts_at=datetime.fromisoformat("2026-03-02T21:00:00+08:00"),
    ends_at=datetime.fromisoformat("2026-03-02T22:00:00+08:00"),
    proof="signed",
)

LEAVE = (
    Step(
        "cash-arrive",
        props.CHECK_IN,
        Expected(200, "proceed", (), (props.ARRIVED,)),
        present=2,
    ),
    Step(
        "cash-talk",
        props.TALK,
        Expected(200, "proceed"),
        facts=props.DEBTOR_OPENS,
    ),
    Step(
        "cash-offered",
        CASH,
        Expected(403, "stop", NO_LEAVE, (CASH_REFUSED,)),
        body={"amount": AMOUNT},
    ),
    Step(
        "cash-proposed",
        f"POST {props.AUTHORITY}",
        Expected(200, "proceed", shows={"state": "proposed"}),
        who=Who.OFFICER,
        body={
            "authority_id": "{authority}",
            "reason": "remote_area",
            "cap": AMOUNT,
            "good_until": "2026-03-02T20:00:00+08:00",
        },
    ),
    Step(
        "cash-offered-again",
        CASH,
        Expected(
            403,
            "stop",
            NO_LEAVE,
            (CASH_REFUSED,),
            # Only of an authority that is known is the cap said.
            shows={"decision.reasons.1.values.cap": "3,000.00 CNY"},
        ),
        body={"amount": AMOUNT},
        hears=True,
    ),
    Step("cash-same-officer", CONFIRM, Expected(403, "four-eyes-needed"), who=Who.OFFICER),
    Step(
        "cash-confirmed",
        CONFIRM,
        Expected(200, "proceed", shows={"state": "granted"}),
        who=Who.SECOND_OFFICER,
    ),
)

TAKEN = (
    Step(
        "cash-allowed",
        CASH,
        Expected(200, "proceed", (), ("field_visit.cash_allowed",)),
        body={"amount": AMOUNT},
        hears=True,
        aloud=True,
    ),
    Step(
        "cash-handed",
        props.JOURNAL,
        Expected(200, "received", (), ("field_visit.cash_taken",)),
        facts=(CashHanded(amount=Decimal(AMOUNT)),),
    ),
    Step(
        "receipt",
        f"POST {props.VISIT}/receipts",
        Expected(
            200,
            "done",
            topics=("recovery.receipt_issued",),
            shows={"number": "SJ2026-000001", "amount": AMOUNT, "banked": None},
        ),
        body={"receipt_id": "{receipt}", **RECEIPT},
        hears=True,
    ),
    Step(
        "receipt-paper",
        "GET /v1/receipts/{receipt}",
        Expected(200, "shown", shows={"pdf": "receipt.pdf"}),
        saves="receipt.pdf",
        hears=True,
    ),
    Step(
        "receipt-twice",
        f"POST {props.VISIT}/receipts",
        Expected(409, "cash-authority-is-not"),
        body={"receipt_id": "{second_receipt}", **RECEIPT},
    ),
    Step(
        "tonight",
        props.JOURNAL,
        Expected(200, "received", (), ("field_visit.appointment_recorded",)),
        facts=(TONIGHT,),
    ),
    Step(
        "cash-leave",
        props.CHECK_OUT,
        Expected(200, "closed", (), (props.LEFT_THE_DOOR,)),
        body={"ending": "talked"},
    ),
    Step(
        "banked",
        "POST /v1/receipts/{receipt}/banking",
        Expected(
            200,
            "done",
            shows={"banked": AMOUNT, "variance": "0.00"},
        ),
        body={"case_id": "{case}", "amount": AMOUNT, "slip": "JC-2026-0302"},
    ),
)

CASH_IN_A_REMOTE_PLACE = Act("cash", "cash", (*LEAVE, *TAKEN))
