"""The bank lets cash be taken, by one officer or by two, and takes that back."""

from datetime import UTC, timedelta
from uuid import UUID

from chassis.errors import Conflict, Forbidden
from chassis.rows import refuse
from chassis.unit import Unit
from proto.base import Detail
from proto.decision import Decision, Outcome
from proto.dispatch import CaseStanding
from proto.recovery import (
    AuthoriseCash,
    Authority,
    AuthorityState,
    CashAnswer,
    CashAuthorised,
    CashNotAuthorised,
    ConfirmCash,
    RevokeCash,
)
from services.recovery import store
from services.recovery.handlers import judging, shown
from services.recovery.model import CashAuthority, Till, authority_table, till_table

#: How long an authority may last: what it rests on was looked at when it was given.
LONGEST = timedelta(days=30)


def authorise_cash(command: AuthoriseCash, unit: Unit) -> CashAnswer:
    """Say whether the bank may let this be taken; above the limit, propose it."""
    till = store.till(unit.shared, command.case_id)
    if (known := same(till, command)) is not None:
        known.refuse_dead(unit.now)
        return answer(known)
    judging.refuse_stale(till, unit)
    refuse_end(command, unit)
    till.refuse_second(unit.now)
    case = judging.case(till, unit)
    wanted = command.model_dump(exclude={"authority_id", "case_id"})
    decision = judging.decide(case, unit, **wanted)
    if decision.outcome is not Outcome.PROCEED:
        return refusal(command, decision, unit)
    authority = opened(command, decision, case, unit)
    row = {k: v for k, v in vars(authority).items() if k != "decision"}
    unit.write(authority_table, **row, decision_id=decision.decision_id)
    till.authorities.append(authority)
    say(authority, till, unit)
    return answer(authority)


def same(till: Till, command: AuthoriseCash) -> CashAuthority | None:
    """Return the authority when it was asked for before, in the same words."""
    for each in till.authorities:
        if each.id == command.authority_id:
            if each.says(command):
                return each
            key = str(each.id)
            raise Conflict("key-known-otherwise", thing="cash_authority", key=key)
    return None


def refuse_end(command: AuthoriseCash, unit: Unit) -> None:
    """Raises Invalid when it would have ended before it began, or would last too long."""
    until, longest = command.good_until, unit.now.astimezone(UTC) + LONGEST
    told = {"until": until.isoformat(timespec="seconds")}
    if until <= unit.now:
        refuse([Detail(pointer="/good_until", kind="in-the-past", values=told)])
    if until > longest:
        told["longest"] = longest.isoformat(timespec="seconds")
        kind = "cash-authority-too-long"
        refuse([Detail(pointer="/good_until", kind=kind, values=told)])


def opened(
    command: AuthoriseCash, decision: Decision, case: CaseStanding, unit: Unit
) -> CashAuthority:
    """Return the authority as it begins: granted, or waiting for a second officer."""
    four_eyes = judging.needs_four_eyes(command.cap, case, unit)
    return CashAuthority(
        command.authority_id,
        command.case_id,
        command.reason,
        command.cap,
        command.currency,
        command.good_until,
        AuthorityState.PROPOSED if four_eyes else AuthorityState.GRANTED,
        asked_by=officer(unit),
        confirmed_by=None,
        decision=decision,
        at=unit.now,
    )


def refusal(
    command: AuthoriseCash | ConfirmCash, decision: Decision, unit: Unit
) -> CashAnswer:
    """Answer with a no, and say so to whoever keeps the record."""
    refused = CashNotAuthorised(
        case_id=command.case_id,
        decision_id=decision.decision_id,
        clauses=judging.clauses(decision),
        at=unit.now,
    )
    unit.emit(refused, command.case_id)
    return CashAnswer(authority_id=command.authority_id, state=None, decision=decision)


def confirm_cash(command: ConfirmCash, unit: Unit) -> CashAnswer:
    """Let a second officer agree, if the rules still do. Doing so twice is harmless."""
    till = store.till(unit.shared, command.case_id)
    authority, by = till.authority(command.authority_id), officer(unit)
    if authority.confirmed_by == by:
        authority.refuse_dead(unit.now)
        return answer(authority)
    authority.refuse_confirmation(by, unit.now)
    judging.refuse_stale(till, unit)
    decision = judging.decide(
        judging.case(till, unit),
        unit,
        reason=authority.reason,
        cap=authority.cap,
        currency=authority.currency,
        good_until=authority.good_until,
    )
    if decision.outcome is not Outcome.PROCEED:
        return refusal(command, decision, unit)
    authority.state, authority.confirmed_by = AuthorityState.GRANTED, by
    authority.decision = decision
    confirmed = {"confirmed_by": by, "decision_id": decision.decision_id}
    unit.change(authority_table, authority.id, state=authority.state, **confirmed)
    say(authority, till, unit)
    return answer(authority)


def revoke_cash(command: RevokeCash, unit: Unit) -> Authority:
    """Let nothing be taken by it any more; doing so twice changes nothing."""
    till = store.till(unit.shared, command.case_id)
    authority = till.authority(command.authority_id)
    if authority.revoke():
        end(authority, till, unit)
    return shown.authority(authority)


def end(authority: CashAuthority, till: Till, unit: Unit) -> None:
    """Keep that an authority is worth nothing any more; no key gives it again."""
    unit.change(authority_table, authority.id, state=authority.state)
    unit.revoke(till.id, AuthoriseCash, ConfirmCash)
    say(authority, till, unit)


def say(authority: CashAuthority, till: Till, unit: Unit) -> None:
    """Publish how the case's newest authority stands now; of an older one say nothing."""
    if authority is not till.authorities[-1]:
        return
    till.version += 1
    unit.change(till_table, till.id, version=till.version)
    unit.emit(authority.standing(till.version), till.id)
    if authority.state is AuthorityState.GRANTED:
        authorised = CashAuthorised(
            authority_id=authority.id,
            case_id=till.id,
            cap=authority.cap,
            currency=authority.currency,
            four_eyes=authority.confirmed_by is not None,
            at=unit.now,
        )
        unit.emit(authorised, till.id)


def answer(authority: CashAuthority) -> CashAnswer:
    return CashAnswer(
        authority_id=authority.id, state=authority.state, decision=authority.decision
    )


def officer(unit: Unit) -> UUID:
    """Return the account of who asks: four eyes are of two accounts."""
    if unit.asker is None:
        raise Forbidden("role-may-not", role="?")
    return unit.asker.account_id
