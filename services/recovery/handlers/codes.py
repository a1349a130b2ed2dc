"""The bank posts a payment code (付款码) for a case, and takes it back (9.09).

Nothing is kept of what does not verify. A code is good for one case that is placed: a hold,
a recall or the last payment ends it, and no later word brings it back.
"""

from datetime import UTC, timedelta

from chassis import bank_codes
from chassis.bank_codes import NoBankCode
from chassis.errors import Conflict
from chassis.rows import refuse
from chassis.settings import settings
from chassis.unit import Unit
from proto.base import Detail
from proto.dispatch import CaseStanding, CaseState
from proto.payment_code import Claims, digest
from proto.recovery import CodeState, PostedCode, PostPaymentCode, RevokePaymentCode
from services.recovery import store
from services.recovery.handlers import judging
from services.recovery.handlers.authority import officer
from services.recovery.model import (
    CODE,
    PaymentCode,
    Till,
    payment_code_table,
    till_table,
)

#: How long a code may last: the bank signs a new one more easily than it takes one back.
LONGEST = timedelta(days=31)


def post_payment_code(command: PostPaymentCode, unit: Unit) -> PostedCode:
    """Let this be shown to the debtor of the case, and what was posted before no more."""
    till, sha256 = store.till(unit.shared, command.case_id), digest(command.code)
    if (known := same(till, command, sha256)) is not None:
        known.refuse_dead()
        return known.shown()
    judging.refuse_stale(till, unit)
    refuse_unplaced(judging.case(till, unit))
    claims = verified(command, unit)
    if before := till.code:
        end(before, CodeState.REPLACED, unit)
    posted = PaymentCode(
        id=command.code_id,
        case_id=till.id,
        code=unit.keyring.seal(till.id, CODE, command.code),
        sha256=sha256,
        not_before=claims.not_before,
        good_until=claims.good_until,
        state=CodeState.GOOD,
        posted_by=officer(unit),
        version=till.code_version + 1,
        at=unit.now,
    )
    unit.write(payment_code_table, **vars(posted))
    till.codes.append(posted)
    say(posted, till, unit)
    return posted.shown()


def same(till: Till, command: PostPaymentCode, sha256: str) -> PaymentCode | None:
    """Return the code when it was posted before, under this id.

    Raises Conflict for another code under it, and for this code under another id: what
    was taken back does not come back by being posted again.
    """
    for each in till.codes:
        if each.id == command.code_id:
            if each.says(command.case_id, sha256):
                return each
            key = str(each.id)
            raise Conflict("key-known-otherwise", thing="payment_code", key=key)
        if each.sha256 == sha256:
            raise Conflict("payment-code-known", key=str(each.id), state=each.state.value)
    return None


def refuse_unplaced(case: CaseStanding) -> None:
    """Raises Conflict while nobody is to work the case (4.38)."""
    if case.state is not CaseState.PLACED:
        raise Conflict("case-not-placed", key=case.number, state=case.state.value)


def verified(command: PostPaymentCode, unit: Unit) -> Claims:
    """Return what the bank has signed. Raises Invalid with what is wrong with it."""
    ours, bank = bank_codes.keys_of(settings()), settings().bank
    if not ours:
        raise Conflict("payment-code-without-keys")
    try:
        claims = bank_codes.read(
            command.code, ours, bank=bank, case_id=command.case_id, now=unit.now
        )
    except NoBankCode as wrong:
        refuse([Detail(pointer="/code", kind=wrong.kind, values=wrong.values)])
        raise
    longest = unit.now.astimezone(UTC) + LONGEST
    if claims.good_until > longest:
        told = {
            "until": claims.good_until.isoformat(timespec="seconds"),
            "longest": longest.isoformat(timespec="seconds"),
        }
        refuse([Detail(pointer="/code", kind="payment-code-too-long", values=told)])
    return claims


def revoke_payment_code(command: RevokePaymentCode, unit: Unit) -> PostedCode:
    """Let it be shown to nobody any more; doing so twice changes nothing."""
    till = store.till(unit.shared, command.case_id)
    code = till.code_of(command.code_id)
    if end(code, CodeState.REVOKED, unit):
        say(code, till, unit)
    return code.shown()


def end_code(event: CaseStanding, unit: Unit) -> None:
    """End the code of a case that nobody is to work any more, or for now."""
    if event.urgent():
        till = store.known_till(unit.shared, event.case_id)
        if till and till.code and end(till.code, CodeState.ENDED, unit):
            say(till.code, till, unit)


def end(code: PaymentCode, state: CodeState, unit: Unit) -> bool:
    """Keep that a code is worth nothing any more; no key gives it again."""
    if not code.end(state):
        return False
    unit.change(payment_code_table, code.id, state=state)
    unit.revoke(code.case_id, PostPaymentCode)
    return True


def say(code: PaymentCode, till: Till, unit: Unit) -> None:
    """Publish how the case's newest code stands now; of an older one say nothing."""
    if code is till.code:
        till.code_version += 1
        unit.change(till_table, till.id, code_version=till.code_version)
        unit.emit(code.standing(till.code_version, unit.now), till.id)
