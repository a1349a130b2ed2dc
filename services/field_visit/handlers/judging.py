"""From facts to a decision that is kept, and what is told of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import rulebook
from chassis import topology
from chassis.unit import Unit
from proto import ids
from proto.decision import Act, Decision, Outcome
from proto.facts import Relation
from proto.field_visit import Ahead
from rulebook import Consent, DoorFacts
from services.field_visit.model import Visit, decision_table

#: Whose word may stop a pair at the door: of them, those whose word counts for every act,
#: and one more each for cash, for a payment code and for asking a third party.
SOURCES = frozenset(topology.SOURCES["field_visit"]) - {"recovery", "contact"}
CASH_SOURCES, THIRD_PARTY_SOURCES = SOURCES | {"recovery"}, SOURCES | {"contact"}
CODE_SOURCES = CASH_SOURCES

#: What a person who opens may turn out to be, and how the facts then look.
TALK: dict[str, dict[str, Any]] = {
    "debtor_identified": {},
    "debtor_not_identified": {"identity_confirmed": False, "confirmed_items": 0},
    "third_party": {"person_met": Relation.KIN.value},
}
CONSENT = Consent(by=Relation.DEBTOR.value, after_identified=True, withdrawn=False)
INVITED = Consent(by=Relation.KIN.value, after_identified=False, withdrawn=False)
ENTRY: dict[str, dict[str, Any]] = {
    "debtor_consents_with_reason": {"consent": CONSENT},
    "debtor_consents_without_reason": {"consent": CONSENT, "entry_reason": None},
    "third_party_invites": TALK["third_party"] | {"consent": INVITED},
    "somebody_objects": {"consent": CONSENT, "objection": True},
}

AHEAD = {Act.DISCUSS_DEBT: TALK, Act.ENTER_PREMISES: ENTRY}


def refuse_stale(visit: Visit, unit: Unit, sources: frozenset[str] = SOURCES) -> None:
    """Raises Unavailable while something that speaks against it may be on its way."""
    mine = (visit.id, visit.case_id, visit.agency_id, visit.letter_id)
    devices = (here.device_id for here in visit.here)
    unit.shared.refuse_stale(sorted(sources), (*mine, *visit.collectors, *devices))


def decide(
    visit: Visit,
    act: Act,
    facts: DoorFacts,
    unit: Unit,
    not_after: datetime | None = None,
) -> Decision:
    """Judge an act and keep the decision with its facts; an allowance is a permit.

    None is good for longer than what it rests on: a check-in, above all.
    """
    today = visit.local(unit.now).date()
    verdict = rulebook.judge(act, facts, visit.books, today)
    allowed = verdict.outcome is Outcome.PROCEED
    minutes = rulebook.permit_minutes(visit.books, act, today) or 0
    cleared = None if act is Act.CHECK_IN else visit.cleared_until
    until = unit.now + timedelta(minutes=minutes)
    until = min(until, not_after or until, cleared or until)
    decision = Decision(
        **vars(verdict),
        decision_id=ids.new(),
        decided_at=unit.now,
        good_until=until if allowed else None,
    )
    unit.write(
        decision_table,
        id=decision.decision_id,
        visit_id=visit.id,
        act=act,
        outcome=decision.outcome,
        clauses=list(clauses(decision)),
        facts=facts,
        decision=decision,
        asked_by=unit.by,
        at=unit.now,
    )
    return decision


def clauses(decision: Decision) -> tuple[str, ...]:
    """Return the clauses against an act, each once, as the books came."""
    return tuple(dict.fromkeys(reason.clause for reason in decision.reasons))


def ahead(visit: Visit, facts: DoorFacts, unit: Unit) -> tuple[Ahead, ...]:
    """Say what each answer at the door will mean, so that a lost signal costs nothing."""
    today = visit.local(unit.now).date()
    reasons = sorted(facts.allowed_entry_reasons or ())
    met = replace(
        facts,
        recorded=True,
        introduced=True,
        letter_shown=True,
        badge_shown=True,
        person_met=Relation.DEBTOR.value,
        person_capable=True,
        identity_confirmed=True,
        confirmed_items=2,
        entry_reason=reasons[0] if reasons else None,
        objection=False,
    )
    told = rulebook.foretell(AHEAD, met, visit.books, today)
    return tuple(
        Ahead(act=act, when=when, outcome=outcome, clauses=clauses)
        for act, answers in told.items()
        for when, (outcome, clauses) in answers.items()
    )


def judged(visit: Visit, decision: Decision, unit: Unit) -> dict[str, Any]:
    """Return what every event of a refusal carries."""
    return {
        "visit_id": visit.id,
        "case_id": visit.case_id,
        "agency_id": visit.agency_id,
        "decision_id": decision.decision_id,
        "outcome": decision.outcome,
        "clauses": clauses(decision),
        "at": unit.now,
    }


def about(visit: Visit, unit: Unit) -> dict[str, UUID | Any]:
    """Return what every other event of a visit carries."""
    return {
        "visit_id": visit.id,
        "case_id": visit.case_id,
        "agency_id": visit.agency_id,
        "at": unit.now,
    }
