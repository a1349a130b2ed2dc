"""May we speak of it? May we come in? May we show a code?

Each ask first hears what the phone has to say.
"""

import rulebook
from chassis.unit import Unit
from proto.decision import Act, Decision, Outcome
from proto.facts import Relation
from proto.field_visit import (
    AskThirdParty,
    Clearance,
    CollectCash,
    DiscussDebt,
    EnterPremises,
    EntryAllowed,
    EntryNotAllowed,
    HandOverLetter,
    LetterNotAllowed,
    PaymentCodeNotAllowed,
    ShowPaymentCode,
    TalkNotAllowed,
)
from services.field_visit import store
from services.field_visit.handlers import codes, judging, permits
from services.field_visit.handlers.facts import Asked, facts_of
from services.field_visit.handlers.journal import apply
from services.field_visit.handlers.knowing import told_no
from services.field_visit.model import Visit, visit_table

#: Norms that end the talk itself, not only what was asked.
NO_TALK = {"contact.window", "visit.mandate", "visit.address_open"}
Ask = (
    DiscussDebt
    | EnterPremises
    | CollectCash
    | HandOverLetter
    | AskThirdParty
    | ShowPaymentCode
)
#: What is said to the debtor, who is known, when only this was refused.
TO_THE_DEBTOR = {
    Act.ENTER_PREMISES: "door.stay_outside",
    Act.SHOW_PAYMENT_CODE: "door.bank_channel",
}


def discuss_debt(command: DiscussDebt, unit: Unit) -> Clearance:
    """Say whether the debt may be spoken of with whoever stands there."""
    visit = at_the_door(command, unit)
    decision = judging.decide(visit, Act.DISCUSS_DEBT, facts_of(visit, unit), unit)
    allowed = decision.outcome is Outcome.PROCEED
    if not allowed:
        permits.end_talk(visit, unit)
        refusal = TalkNotAllowed(**judging.judged(visit, decision, unit))
        unit.emit(refusal, visit.case_id)
    return clearance(visit, decision, "door.talk")


def enter_premises(command: EnterPremises, unit: Unit) -> Clearance:
    """Say whether the pair may come in: reason, the debtor's own consent, no objection."""
    visit = at_the_door(command, unit)
    facts = facts_of(visit, unit, Asked(entry_reason=command.reason))
    decision = judging.decide(visit, Act.ENTER_PREMISES, facts, unit)
    if decision.outcome is Outcome.PROCEED:
        visit.permit_entry(command.reason, decision)
        allowed = EntryAllowed(
            **judging.about(visit, unit), decision_id=decision.decision_id
        )
        unit.emit(allowed, visit.case_id)
        unit.change(visit_table, visit.id, **visit.row())
    else:
        permits.end_entry(visit, unit.now, unit)
        refusal = EntryNotAllowed(**judging.judged(visit, decision, unit))
        unit.emit(refusal, visit.case_id)
    return clearance(visit, decision, "door.entered")


def hand_over_letter(command: HandOverLetter, unit: Unit) -> Clearance:
    """Say whether the debtor, or the debtor's own letterbox, may be given the letter."""
    visit = at_the_door(command, unit)
    facts = facts_of(visit, unit, Asked(handing=command.how))
    decision = judging.decide(visit, Act.HAND_OVER_LETTER, facts, unit)
    if decision.outcome is not Outcome.PROCEED:
        permits.end_letter(visit, unit)
        refusal = LetterNotAllowed(**judging.judged(visit, decision, unit))
        unit.emit(refusal, visit.case_id)
    return clearance(visit, decision, "door.letter")


def show_payment_code(command: ShowPaymentCode, unit: Unit) -> Clearance:
    """Say whether whoever stands there may be shown the bank's code, and give it then."""
    visit = at_the_door(command, unit, judging.CODE_SOURCES)
    visit.codes = store.codes(unit.connection, visit.case_id)
    facts = facts_of(visit, unit, Asked(code=codes.current(visit, unit)))
    until = visit.code.good_until if visit.code else None
    decision = judging.decide(visit, Act.SHOW_PAYMENT_CODE, facts, unit, until)
    answer = clearance(visit, decision, "door.payment_code")
    if decision.outcome is Outcome.PROCEED and visit.code:
        return answer.model_copy(update={"payment_code": visit.code.text})
    permits.end_code(visit, unit)
    refusal = PaymentCodeNotAllowed(**judging.judged(visit, decision, unit))
    unit.emit(refusal, visit.case_id)
    return answer


def at_the_door(
    command: Ask, unit: Unit, sources: frozenset[str] = judging.SOURCES
) -> Visit:
    """Return the visit after hearing the facts that the ask rests on."""
    visit = store.visit(unit.shared, command.visit_id)
    with told_no(visit, unit):
        visit.refuse_uncleared(unit.now)
    judging.refuse_stale(visit, unit, sources)
    apply(visit, command.journal, unit)
    return visit


def clearance(visit: Visit, decision: Decision, script: str) -> Clearance:
    """Answer with what to say now."""
    if decision.outcome is not Outcome.PROCEED:
        script = said_at_the_door(visit) or instead(visit, decision)
    return Clearance(visit_id=visit.id, decision=decision, script=rulebook.script(script))


def said_at_the_door(visit: Visit) -> str | None:
    """Return the script for a no that somebody at the door has given a reason for."""
    door = visit.door
    refused = door.third_answer not in (None, "agrees") or door.recording_refused
    ended = door.objection or door.complained or refused
    scripts = {
        "door.dispute": door.disputed is not None,
        "door.care": door.special,
        "door.wrong_address": door.wrong_address,
        "door.child": not door.person_capable,
        "door.leave": ended,
    }
    return next((script for script, speaks in scripts.items() if speaks), None)


def instead(visit: Visit, decision: Decision) -> str:
    """Return the script for any other no: by what was asked, and of whom."""
    door, act = visit.door, decision.act
    if act is Act.COLLECT_CASH:
        return "door.refuse_money"
    if door.person_met is None:
        return "door.nobody_home" if act is Act.HAND_OVER_LETTER else "door.introduce"
    against = {reason.key for reason in decision.reasons}
    liable = any(reason.values.get("met") for reason in decision.reasons)
    if NO_TALK & against:
        return "door.leave"
    if "visit.recorded" in against:
        return "door.introduce"
    if door.person_met is not Relation.DEBTOR and not liable:
        return "door.third_party"
    if door.identified_at is None:
        return "door.introduce"
    return TO_THE_DEBTOR.get(act, "door.leave")
