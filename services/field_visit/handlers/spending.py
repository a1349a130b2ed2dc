"""Asks that use something up: cash may be taken once, one third party asked once."""

from chassis.unit import Unit
from proto.decision import Act, Decision, Outcome
from proto.field_visit import (
    AskThirdParty,
    CashAllowed,
    CashNotAllowed,
    Clearance,
    CollectCash,
    ThirdPartyMayBeAsked,
    ThirdPartyNotAllowed,
)
from services.field_visit.handlers import judging, permits
from services.field_visit.handlers.asks import at_the_door, clearance
from services.field_visit.handlers.facts import (
    Asked,
    facts_of,
    payment,
    spoken_for,
    who_is_asked,
)
from services.field_visit.handlers.leaves import use
from services.field_visit.model import Leave, LeaveKind, Visit


def collect_cash(command: CollectCash, unit: Unit) -> Clearance:
    """Say whether this may be taken: once, by the bank's leave, and by no book's never."""
    visit = at_the_door(command, unit, judging.CASH_SOURCES)
    wanted = payment(command)
    facts = facts_of(visit, unit, Asked(payment=wanted))
    leave = visit.leave(LeaveKind.CASH)
    until = leave.cash.good_until if leave else None
    decision = judging.decide(visit, Act.COLLECT_CASH, facts, unit, until)
    if decision.outcome is Outcome.PROCEED and leave:
        use(leave, visit, spoken_for(wanted), decision.good_until, unit)
        unit.emit(cash_allowed(command, visit, leave, decision, unit), visit.case_id)
    else:
        permits.end_cash(visit, unit)
        refusal = CashNotAllowed(**judging.judged(visit, decision, unit))
        unit.emit(refusal, visit.case_id)
    return clearance(visit, decision, "door.cash_receipt")


def cash_allowed(
    command: CollectCash, visit: Visit, leave: Leave, decision: Decision, unit: Unit
) -> CashAllowed:
    assert decision.good_until
    return CashAllowed(
        **judging.about(visit, unit),
        authority_id=leave.id,
        decision_id=decision.decision_id,
        collectors=visit.collectors,
        amount=command.amount,
        currency=command.currency,
        good_until=decision.good_until,
        sheet=visit.sheet,
    )


def ask_third_party(command: AskThirdParty, unit: Unit) -> Clearance:
    """Say whether somebody else may be asked where the debtor is: one person, once."""
    visit = at_the_door(command, unit, judging.THIRD_PARTY_SOURCES)
    facts = facts_of(visit, unit, Asked(purpose=command.purpose))
    decision = judging.decide(visit, Act.ASK_THIRD_PARTY, facts, unit)
    leave = visit.leave(LeaveKind.THIRD_PARTY)
    if decision.outcome is Outcome.PROCEED and leave:
        use(leave, visit, who_is_asked(visit), decision.good_until, unit)
        allowed = ThirdPartyMayBeAsked(
            **judging.about(visit, unit),
            permit_id=leave.id,
            decision_id=decision.decision_id,
        )
        unit.emit(allowed, visit.case_id)
    else:
        permits.end_third_party(visit, unit)
        refusal = ThirdPartyNotAllowed(**judging.judged(visit, decision, unit))
        unit.emit(refusal, visit.case_id)
    return clearance(visit, decision, "door.third_party_ask")
