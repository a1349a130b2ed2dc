"""The small history once more, in which somebody is let in, and pays once in cash."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from chaos.remains.doors import Noted, Verdict
from chaos.remains.evidence import Entry, Evidence, Said
from chaos.remains.money import Authority, Leave, Permit, Receipt
from chassis import topology
from tests.chaos.histories import (
    CASE,
    DEVICE,
    VISIT,
    decided,
    decision,
    kept,
    moment,
    said,
    told,
    well,
)

AUTHORITY, RECEIPT, NUMBER, SUM = "authority-1", "receipt-1", "SJ2026-000001", "900.00"
REASONS = {
    "entry_reason": "limited_mobility",
    "allowed_entry_reasons": ["limited_mobility"],
}
#: What is noted at the door, and when it arrives.
FACTS: list[tuple[float, dict[str, Any]]] = [
    (31.0, {"kind": "person_met", "relation": "debtor"}),
    (32.0, {"kind": "identified", "name_said": True, "items": ["card_tail", "birth_year"]}),
    (33.0, {"kind": "consent", "answer": "given", "by": "debtor"}),
    (36.0, {"kind": "entered"}),
    (37.0, {"kind": "left"}),
    (70.0, {"kind": "cash_handed", "amount": SUM}),
]


def paid() -> Evidence:
    """A history in which nothing is wrong."""
    e = well()
    e.said += [*at_the_door(), *at_the_bank()]
    e.counted |= {("field_visit", CASE): 8, ("recovery", CASE): 4}
    for each in e.said[-9:]:
        e.timeline.append(each.id)
        for hearer in topology.HEARS:
            if each.topic in topology.topics(hearer):
                inbox = e.inbox.setdefault(hearer, {})
                inbox[each.id] = 10.0 + len(inbox)
    e.owned = e.owned | {("recovery.cash_standing", CASE): 2}
    ask(e)
    note(e)
    e.money.authorities.append(
        Authority(AUTHORITY, CASE, Decimal(SUM), "spent", 40.0, 900.0)
    )
    what = VISIT, CASE, AUTHORITY, Decimal(SUM)
    e.money.permits.append(Permit("d-cash", *what, 50.0, 350.0))
    by = AUTHORITY, "d-cash", Decimal(SUM), 60.0, Decimal(SUM)
    e.money.receipts.append(Receipt(RECEIPT, NUMBER, VISIT, CASE, *by))
    e.money.leaves.append(Leave(AUTHORITY, "spent", VISIT, "person-1"))
    return e


def at_the_door() -> list[Said]:
    arrived, refused, left = (each for each in well().said if each.service == "field_visit")
    assert (arrived.sequence, refused.sequence, left.sequence) == (1, 2, 3)
    about = {"visit_id": VISIT}
    return [
        said("f4", "field_visit.consent_recorded", CASE, 4, **about),
        said("f5", "field_visit.entry_allowed", CASE, 5, **about, decision_id="d-enter"),
        said("f6", "field_visit.premises_entered", CASE, 6, **about, at=moment(36.0)),
        said("f7", "field_visit.premises_left", CASE, 7, **about, at=moment(37.0)),
        said("f8", "field_visit.cash_allowed", CASE, 8, **about, decision_id="d-cash"),
    ]


def at_the_bank() -> list[Said]:
    standing, of = "recovery.cash_standing", {"case_id": CASE, "authority_id": AUTHORITY}
    paid_in = {"case_id": CASE, "receipt_id": RECEIPT, "amount": SUM}
    return [
        said("r1", standing, CASE, 1, **of, state="granted", version=1),
        said("r2", "recovery.receipt_issued", CASE, 2, **paid_in, visit_id=VISIT),
        said("r3", standing, CASE, 3, **of, state="spent", version=2, urgent=True),
        said("r4", "recovery.cash_banked", CASE, 4, **paid_in),
    ]


def ask(e: Evidence) -> None:
    """Let the pair in, and let them take cash; the deeds are judged as well."""
    entry = {"decision": decision("d-enter", "proceed")}
    taking = {"decision": decision("d-cash", "proceed")}
    receipt = {"receipt_id": RECEIPT, "number": NUMBER, "amount": SUM}
    new = [
        told("enter_premises", VISIT, entry, "200", at=34.0),
        told("collect_cash", VISIT, taking, "200", at=50.0),
        told("issue_receipt", VISIT, receipt, "200", at=60.0),
    ]
    e.told += new
    e.answered += [kept(new[0]), kept(new[1]), replace(kept(new[2]), service="recovery")]
    e.decided += [
        decided("d-enter", "enter_premises", "proceed", at=34.0, **REASONS),
        decided("d-cash", "collect_cash", "proceed", at=50.0),
        decided("d-handed", "collect_cash", "proceed", at=70.0),
    ]


def note(e: Evidence) -> None:
    """Note what happened, in the phone and in the platform."""
    for seq, (at, fact) in enumerate(FACTS, start=2):
        entry = Entry(DEVICE, seq, f"link-{seq}", VISIT, fact["kind"])
        e.written.append(entry)
        e.kept_entries.append(entry)
        e.doors.noted.append(Noted(VISIT, DEVICE, seq, seq, at, fact))
    e.doors.verdicts += [
        Verdict(DEVICE, 5, "fine", (), "None"),
        Verdict(DEVICE, 7, "fine", (), "d-handed"),
    ]
