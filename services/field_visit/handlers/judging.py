"""From a visit to its facts, from the facts to a decision that is kept."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import rulebook
from chassis import topology
from chassis.shared import Kept
from chassis.unit import Unit
from proto import ids
from proto.decision import Act, Decision, Outcome
from proto.dispatch import CaseStanding, CaseState
from proto.field_visit import Ahead, Relation
from proto.letters import AuthorisationStanding, LetterState
from proto.workforce import AgencyStanding, DeviceStanding, DeviceState, PersonStanding
from rulebook import Consent, DoorFacts, Here, Letter
from services.field_visit.model import CheckedIn, Door, Visit, decision_table

#: Whose word may stop a pair at the door.
SOURCES = topology.SOURCES["field_visit"]

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


def refuse_stale(visit: Visit, unit: Unit) -> None:
    """Raises Unavailable while something that speaks against it may be on its way."""
    mine = (visit.id, visit.case_id, visit.agency_id, visit.letter_id)
    devices = (here.device_id for here in visit.here)
    unit.shared.refuse_stale(SOURCES, (*mine, *visit.collectors, *devices))


def facts_of(
    visit: Visit, unit: Unit, reason: str | None = None, at: datetime | None = None
) -> DoorFacts:
    """Gather what is known. What is not known is None, and stops whoever needs it.

    The hours are judged at `at`, or now; everything else as it stands now.
    """
    now, door = visit.local(at or unit.now), visit.door
    kept = unit.kept(
        {
            CaseStanding: [visit.case_id],
            AgencyStanding: [visit.agency_id],
            AuthorisationStanding: [visit.letter_id],
            PersonStanding: visit.collectors,
            DeviceStanding: [here.device_id for here in visit.here],
        }
    )
    minutes = rulebook.visit_minutes(visit.books, now.date()) or 0
    here = [each for each in visit.here if reachable(each, kept)]
    return DoorFacts(
        starts_at=now,
        ends_at=now + timedelta(minutes=minutes),
        here=tuple(present(visit, each, kept, now) for each in here),
        planned=visit.collectors,
        letter=letter(visit, kept, now.date()),
        mandate_in_force=mandate(visit, kept),
        introduced=door.mandate_declared,
        letter_shown=door.letter_shown,
        badge_shown=door.badge_shown,
        person_met=door.person_met and door.person_met.value,
        identity_confirmed=door.identified_at is not None,
        confirmed_items=door.items,
        entry_reason=reason,
        allowed_entry_reasons=rulebook.entry_reasons(visit.books, now.date()),
        consent=consent(door),
        objection=door.objection,
    )


def consent(door: Door) -> Consent | None:
    if door.consent_by is None:
        return None
    return Consent(
        by=door.consent_by.value,
        after_identified=door.consent_after_identified,
        withdrawn=door.consent_withdrawn,
    )


def reachable(here: CheckedIn, kept: Kept) -> bool:
    """Tell whether a collector still has the phone that said so: lost, it says nothing."""
    device = kept.get(DeviceStanding, here.device_id)
    return device is not None and device.state is DeviceState.ENROLLED


def present(visit: Visit, here: CheckedIn, kept: Kept, now: datetime) -> Here:
    person = kept.get(PersonStanding, here.collector_id)
    ours = person is not None and person.agency_id == visit.agency_id
    return Here(
        collector_id=here.collector_id,
        distance_m=here.distance_m,
        accuracy_m=here.accuracy_m,
        presence_age_s=(now - here.present_at).total_seconds(),
        certified=certified(person, now.date()) if person else None,
        in_service=person.in_service and ours if person else None,
    )


def certified(person: PersonStanding, today: date) -> bool:
    first, last = person.certified_from, person.certified_until
    return first is not None and last is not None and first <= today <= last


def letter(visit: Visit, kept: Kept, today: date) -> Letter | None:
    found = kept.get(AuthorisationStanding, visit.letter_id)
    if found is None:
        return None
    return Letter(
        number=found.number,
        valid_on_day=found.valid_from <= today <= found.valid_until,
        revoked=found.state is LetterState.REVOKED,
        names=frozenset(found.people),
        for_agency=found.agency_id == visit.agency_id,
    )


def mandate(visit: Visit, kept: Kept) -> bool | None:
    """Tell whether the case is placed with this agency, and the agency may work."""
    case = kept.get(CaseStanding, visit.case_id)
    agency = kept.get(AgencyStanding, visit.agency_id)
    if case is None or agency is None:
        return None
    placed = case.state is CaseState.PLACED and case.agency_id == visit.agency_id
    return placed and agency.active


def decide(visit: Visit, act: Act, facts: DoorFacts, unit: Unit) -> Decision:
    """Judge an act and keep the decision with its facts; an allowance is a permit."""
    today = visit.local(unit.now).date()
    verdict = rulebook.judge(act, facts, visit.books, today)
    allowed = verdict.outcome is Outcome.PROCEED
    minutes = rulebook.permit_minutes(visit.books, act, today) or 0
    decision = Decision(
        **vars(verdict),
        decision_id=ids.new(),
        decided_at=unit.now,
        good_until=unit.now + timedelta(minutes=minutes) if allowed else None,
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
        introduced=True,
        letter_shown=True,
        badge_shown=True,
        person_met=Relation.DEBTOR.value,
        identity_confirmed=True,
        confirmed_items=2,
        entry_reason=reasons[0] if reasons else None,
        objection=False,
    )
    told = {
        act: rulebook.foretell(act, met, changes, visit.books, today)
        for act, changes in ((Act.DISCUSS_DEBT, TALK), (Act.ENTER_PREMISES, ENTRY))
    }
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
