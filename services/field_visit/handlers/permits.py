"""Permits that end: nobody acts by them any more, and no key gives them again.

A visit that is over needs none of this: it refuses every ask.
"""

from datetime import datetime

from chassis.unit import Unit
from proto.field_visit import (
    AskThirdParty,
    CheckIn,
    CollectCash,
    DiscussDebt,
    EnterPremises,
    HandOverLetter,
    ShowPaymentCode,
)
from services.field_visit.model import Visit, leave_table, visit_table

ASKS = (
    DiscussDebt,
    EnterPremises,
    CollectCash,
    HandOverLetter,
    AskThirdParty,
    ShowPaymentCode,
)


def send_away(visit: Visit, unit: Unit) -> None:
    """Take back all that a pair was allowed."""
    if visit.send_away(unit.now):
        unit.revoke(visit.id, CheckIn, *ASKS)
        end_uses(visit, unit.now, unit)
    unit.change(visit_table, visit.id, **visit.row())


def end_asks(visit: Visit, at: datetime, unit: Unit) -> None:
    """End all that was allowed at this door; who asks again is told why not."""
    unit.revoke(visit.id, *ASKS)
    end_uses(visit, at, unit)
    if visit.end_permit(at):
        unit.change(visit_table, visit.id, **visit.row())


def end_talk(visit: Visit, unit: Unit) -> None:
    """Let nobody speak of the debt by what was said before."""
    unit.revoke(visit.id, DiscussDebt)


def end_cash(visit: Visit, unit: Unit) -> None:
    """Let nobody take cash by what was said before."""
    unit.revoke(visit.id, CollectCash)


def end_letter(visit: Visit, unit: Unit) -> None:
    """Let nobody hand the letter over by what was said before."""
    unit.revoke(visit.id, HandOverLetter)


def end_code(visit: Visit, unit: Unit) -> None:
    """Let nobody be shown a payment code by what was said before."""
    unit.revoke(visit.id, ShowPaymentCode)


def end_third_party(visit: Visit, unit: Unit) -> None:
    """Let nobody else be asked by what was said before."""
    unit.revoke(visit.id, AskThirdParty)


def end_entry(visit: Visit, at: datetime, unit: Unit) -> None:
    """Let nobody in from then on."""
    if visit.end_permit(at):
        unit.revoke(visit.id, EnterPremises)
        unit.change(visit_table, visit.id, **visit.row())


def end_uses(visit: Visit, at: datetime, unit: Unit) -> None:
    """End the permits by which this visit has used what may be used once."""
    for leave in visit.leaves:
        if leave.used_by == visit.id and leave.used_until and leave.used_until > at:
            leave.used_until = at
            unit.change(leave_table, leave.id, used_until=at)
