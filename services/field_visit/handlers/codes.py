"""Payment codes (付款码) at a door: the bank's own, for the debtor and nobody else.

What is shown is checked by the bank's keys each time: one that it took back takes its codes
along. What was shown is judged by its digest: another's code is a breach, whoever says so.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import rulebook
from chassis import bank_codes
from chassis.bank_codes import NoBankCode
from chassis.errors import Unavailable
from chassis.settings import settings
from chassis.unit import Unit
from proto.decision import Act
from proto.facts import PaidByChannel
from proto.recovery import PaymentCodeStanding
from rulebook import PaymentCode
from services.field_visit import store
from services.field_visit.handlers import permits, verdicts
from services.field_visit.handlers.facts import Asked
from services.field_visit.handlers.verdicts import Found, Written
from services.field_visit.model import BankCode, Visit, payment_code_table

#: What a code is sealed for, by recovery.
CODE = "case.payment_code"
NORM = "payment.bank_code"
#: Nothing is said to have been good for no time at all.
MOMENT = timedelta(seconds=1)


def current(visit: Visit, unit: Unit) -> PaymentCode | None:
    """Return what is known of the newest code of a case, whatever it is worth."""
    if (code := visit.code) is None:
        return None
    text = opened(code, unit)
    return fact(visit, code, by_bank=text is not None, withdrawn=code.ended_at is not None)


def fact(visit: Visit, code: BankCode, *, by_bank: bool, withdrawn: bool) -> PaymentCode:
    hours = (visit.local(each) for each in (code.good_from, code.good_until))
    return PaymentCode(by_bank, withdrawn, *hours)


def opened(code: BankCode, unit: Unit) -> str | None:
    """Return the code itself, if one of the bank's keys of now has signed it."""
    if not code.opened:
        code.opened, code.text = True, checked(code, unit)
    return code.text


def checked(code: BankCode, unit: Unit) -> str | None:
    try:
        text = unit.keyring.open(code.code, code.case_id, CODE)
        claims = bank_codes.signed(text, bank_codes.keys_of(settings()))
    except (Unavailable, NoBankCode):
        return None
    named = (claims.bank, claims.case_id, claims.not_before, claims.good_until)
    ours = (settings().bank, code.case_id, code.good_from, code.good_until)
    return text if named == ours else None


def keep_code(event: PaymentCodeStanding, unit: Unit) -> None:
    """Take the bank's word on a payment code in; whatever came before it has ended."""
    # the visits first: whoever asks locks a visit, then its codes
    for visit in store.resting(unit.connection, event):
        permits.end_code(visit, unit)
    known = store.codes(unit.connection, event.case_id)
    if any(each.version >= event.version for each in known):
        return
    end_all(known, event, unit)
    ended_at = event.at if event.urgent() else None
    if any(each.id == event.code_id for each in known):
        unit.change(payment_code_table, event.code_id, version=event.version)
        return
    unit.write(
        payment_code_table,
        id=event.code_id,
        case_id=event.case_id,
        version=event.version,
        sha256=event.sha256,
        code=event.code,
        good_from=event.not_before,
        good_until=event.good_until,
        ended_at=ended_at,
    )


def end_all(known: Sequence[BankCode], event: PaymentCodeStanding, unit: Unit) -> None:
    """End every code that this one replaces, and this one when it is taken back."""
    for each in known:
        over = each.id != event.code_id or event.urgent()
        if over and each.ended_at is None:
            unit.change(payment_code_table, each.id, ended_at=event.at)


def judge_shown(visit: Visit, sha256: str, written: Written, unit: Unit) -> None:
    """A code was held out: a breach unless it is one that the bank signed for this case,
    it was good then, and whoever saw it was the debtor.
    """
    act, code = Act.SHOW_PAYMENT_CODE, signed_here(visit, sha256, unit)
    ended, known_since = unheard(visit, code, written, unit)
    withdrawn = ended and known_since == "before"
    shown = nobodys(visit, written.at) if code is None else None
    if code is not None:
        shown = fact(visit, code, by_bank=True, withdrawn=withdrawn)
    found = verdicts.judged(visit, act, Asked(code=shown), written, unit)
    if found.verdict is verdicts.FINE and ended:
        on = visit.local(written.at).date()
        against = rulebook.set_by(NORM, visit.books, on)
        meanwhile = known_since == "meanwhile"
        verdict = verdicts.SUSPECTED if meanwhile else verdicts.UNKNOWING
        found = Found(verdict, against, found.decision_id)
    verdicts.mark(visit, act, written, found, unit)


def judge_paid(visit: Visit, paid: PaidByChannel, written: Written, unit: Unit) -> None:
    """Somebody paid by a code: judged if it is none that the bank signed for this case.

    When it was paid is the debtor's own matter.
    """
    if paid.sha256 and signed_here(visit, paid.sha256, unit) is None:
        judge_shown(visit, paid.sha256, written, unit)


def signed_here(visit: Visit, sha256: str, unit: Unit) -> BankCode | None:
    """Return the code of this digest that the bank once signed for this case."""
    of_case = store.codes(unit.connection, visit.case_id)
    return next((each for each in of_case if each.sha256 == sha256), None)


def nobodys(visit: Visit, at: datetime) -> PaymentCode:
    """Return what there is to say of a code that the bank never signed for this case."""
    return PaymentCode(False, False, visit.local(at), visit.local(at + MOMENT))


def unheard(
    visit: Visit, code: BankCode | None, written: Written, unit: Unit
) -> tuple[bool, str | None]:
    """Tell whether a code may have been taken back by then, and if the phone can have
    heard of it: `before` it showed it, `meanwhile` as far as is known, or not at all.
    """
    if code is None or code.ended_at is None or code.ended_at > written.latest:
        return False, None
    phone = written.device_id, unit.by
    heard = store.contacts(unit.connection, visit.id, *phone, code.ended_at)
    if any(at <= written.earliest for at in heard):
        return True, "before"
    return True, "meanwhile" if any(at <= written.latest for at in heard) else None
