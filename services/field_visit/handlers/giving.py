"""What could not be given out of the house is tried again, when its time has come."""

from chassis import rounds
from chassis.settings import settings
from chassis.unit import Unit
from proto import ids
from proto.field_visit import Noted
from proto.given import GiveHeads
from services.field_visit import store
from services.field_visit.model import GIVE, timestamp_table


def give_heads(_: GiveHeads, unit: Unit) -> Noted:
    """Have a worker try, if there is anything. Two that do so give nothing twice."""
    stamps = bool(settings().tsa_url)
    if store.waits_to_be_given(unit.connection, unit.now, stamps):
        unit.job(GIVE, rounds.house(unit.source))
    return Noted()


def have_stamped(text: str, unit: Unit) -> None:
    """Have a timestamp authority say when this was there, if the bank names one."""
    if not settings().tsa_url:
        return
    sha256 = store.stamp_id(text)
    row_id = ids.named("timestamp", sha256)
    moments = {"wanted_at": unit.now, "next_at": unit.now}
    unit.write(timestamp_table, id=row_id, text=text, sha256=sha256, **moments)
    unit.job(GIVE, rounds.house(unit.source))
