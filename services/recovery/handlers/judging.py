"""From a wanted authority to its facts, from the facts to a decision that is kept."""

from datetime import date, datetime
from decimal import Decimal

import rulebook
from chassis import topology
from chassis.errors import NotFound
from chassis.unit import Unit
from proto import ids
from proto.decision import Act, Decision, Outcome
from proto.dispatch import CaseStanding, CaseState
from proto.recovery import AuthorityState, CashReason
from rulebook import Cash, MoneyFacts
from services.recovery.model import ZONE, Till, decision_table

#: Whose word may stop an authority.
SOURCES = topology.SOURCES["recovery"]


def refuse_stale(till: Till, unit: Unit) -> None:
    """Raises Unavailable while something that speaks against it may be on its way."""
    unit.shared.refuse_stale(SOURCES, (till.id,))


def case(till: Till, unit: Unit) -> CaseStanding:
    """Return the case as dispatch last said it stands. Raises NotFound."""
    found = unit.kept({CaseStanding: [till.id]}).get(CaseStanding, till.id)
    if found is None:
        raise NotFound("case", till.id)
    return found


def today(unit: Unit) -> date:
    """Return the day by the bank's calendar: the day its books are read for."""
    return unit.now.astimezone(ZONE).date()


def decide(
    case: CaseStanding,
    unit: Unit,
    *,
    reason: CashReason,
    cap: Decimal,
    currency: str,
    good_until: datetime,
) -> Decision:
    """Judge a wanted authority and keep the decision with its facts.

    What is allowed is good for as long as the authority would be.
    """
    wanted = Cash(
        reason=reason.value,
        cap=cap,
        currency=currency,
        good_until=good_until.astimezone(ZONE),
        state=AuthorityState.GRANTED.value,
        used=False,
    )
    facts = MoneyFacts(
        now=unit.now.astimezone(ZONE),
        mandate_in_force=case.state is CaseState.PLACED,
        cash=wanted,
    )
    verdict = rulebook.judge(Act.AUTHORISE_CASH, facts, case.books, today(unit))
    allowed = verdict.outcome is Outcome.PROCEED
    decision = Decision(
        **vars(verdict),
        decision_id=ids.new(),
        decided_at=unit.now,
        good_until=good_until if allowed else None,
    )
    keep(decision, facts, case, unit)
    return decision


def keep(decision: Decision, facts: MoneyFacts, case: CaseStanding, unit: Unit) -> None:
    """Put a decision on the record: what was asked, what was known, what was answered."""
    unit.write(
        decision_table,
        id=decision.decision_id,
        case_id=case.case_id,
        act=decision.act,
        outcome=decision.outcome,
        clauses=list(clauses(decision)),
        facts=facts,
        decision=decision,
        asked_by=unit.by,
        at=unit.now,
    )


def clauses(decision: Decision) -> tuple[str, ...]:
    """Return the clauses against it, each once, as the books came."""
    return tuple(dict.fromkeys(reason.clause for reason in decision.reasons))


def needs_four_eyes(cap: Decimal, case: CaseStanding, unit: Unit) -> bool:
    """Tell whether a second officer has to agree: above the contract's limit.

    Books without one allow no authority (`rulebook/needed.py`), and here no single eye.
    """
    above = rulebook.four_eyes_above(case.books, today(unit))
    return above is None or cap > above
