"""May we speak of it? May we come in? Each ask first hears what the phone has to say."""

import rulebook
from chassis.unit import Unit
from proto.decision import Act, Decision, Outcome
from proto.field_visit import (
    Clearance,
    DiscussDebt,
    EnterPremises,
    EntryAllowed,
    EntryNotAllowed,
    Relation,
    TalkNotAllowed,
)
from services.field_visit import store
from services.field_visit.handlers import judging, permits
from services.field_visit.handlers.journal import apply
from services.field_visit.model import Visit, visit_table


def discuss_debt(command: DiscussDebt, unit: Unit) -> Clearance:
    """Say whether the debt may be spoken of with whoever stands there."""
    visit = at_the_door(command, unit)
    facts = judging.facts_of(visit, unit)
    decision = judging.decide(visit, Act.DISCUSS_DEBT, facts, unit)
    allowed = decision.outcome is Outcome.PROCEED
    if not allowed:
        permits.end_talk(visit, unit)
        refusal = TalkNotAllowed(**judging.judged(visit, decision, unit))
        unit.emit(refusal, visit.case_id)
    return clearance(visit, decision, "door.talk")


def enter_premises(command: EnterPremises, unit: Unit) -> Clearance:
    """Say whether the pair may come in: reason, the debtor's own consent, no objection."""
    visit = at_the_door(command, unit)
    facts = judging.facts_of(visit, unit, command.reason)
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


def at_the_door(command: DiscussDebt | EnterPremises, unit: Unit) -> Visit:
    """Return the visit after hearing the facts that the ask rests on."""
    visit = store.visit(unit.shared, command.visit_id)
    visit.refuse_uncleared(unit.now)
    judging.refuse_stale(visit, unit)
    apply(visit, command.journal, unit)
    return visit


def clearance(visit: Visit, decision: Decision, script: str) -> Clearance:
    """Answer with what to say now."""
    if decision.outcome is not Outcome.PROCEED:
        script = instead(visit, decision.act)
    return Clearance(visit_id=visit.id, decision=decision, script=rulebook.script(script))


def instead(visit: Visit, act: Act) -> str:
    """Return the script for a no: to a third party, to the debtor, to anybody."""
    door = visit.door
    if door.objection:
        return "door.leave"
    if door.person_met not in (None, Relation.DEBTOR):
        return "door.third_party"
    if door.identified_at is None:
        return "door.introduce"
    return "door.stay_outside" if act is Act.ENTER_PREMISES else "door.leave"
