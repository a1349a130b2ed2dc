"""What could not be given out of the house is tried again, when its time has come."""

from chassis import rounds
from chassis.settings import settings
from chassis.unit import Unit
from proto.field_visit import Noted
from proto.given import GiveHeads
from services.field_visit import store
from services.field_visit.model import GIVE


def give_heads(_: GiveHeads, unit: Unit) -> Noted:
    """Have a worker try, if there is anything. Two that do so give nothing twice."""
    stamps = bool(settings().tsa_url)
    if store.waits_to_be_given(unit.connection, unit.now, stamps):
        unit.job(GIVE, rounds.house(unit.source))
    return Noted()
