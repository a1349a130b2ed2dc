"""Permits that end: nobody goes in by them any more, and no key gives them again.

A visit that is over needs none of this: it refuses every ask.
"""

from datetime import datetime

from chassis.unit import Unit
from proto.field_visit import CheckIn, DiscussDebt, EnterPremises
from services.field_visit.model import Visit, visit_table


def send_away(visit: Visit, unit: Unit) -> None:
    """Take back all that a pair was allowed."""
    if visit.send_away(unit.now):
        unit.revoke(visit.id, CheckIn, DiscussDebt, EnterPremises)
    unit.change(visit_table, visit.id, **visit.row())


def end_talk(visit: Visit, unit: Unit) -> None:
    """Let nobody speak of the debt by what was said before."""
    unit.revoke(visit.id, DiscussDebt)


def end_entry(visit: Visit, at: datetime, unit: Unit) -> None:
    """Let nobody in from then on."""
    if visit.end_permit(at):
        unit.revoke(visit.id, EnterPremises)
        unit.change(visit_table, visit.id, **visit.row())
