"""What waits for what never comes: given up, and kept where everything odd is."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from chassis import rounds
from chassis.errors import Unavailable
from chassis.unit import Unit
from proto.base import Sealed
from proto.field_visit import GiveUpWaiting, Irregularity, Noted
from services.field_visit import store
from services.field_visit.handlers import oddities
from services.field_visit.handlers.oddities import AHEAD, Told
from services.field_visit.model import Visit, head_table

#: So long a phone may lie in a drawer, and come back; a visit is over by then.
LONGEST = timedelta(days=400)


def give_up_waiting(_: GiveUpWaiting, unit: Unit) -> Noted:
    """Give up what has waited so long, of visits that are over, and tell of it.

    Nothing of it is lost. A no among it has counted since it came; it speaks no more.
    """
    before = unit.now - LONGEST
    found = store.waiting_long(unit.connection, before)
    names = {row.id: store.in_whose_name(unit.connection, row) for row in found}
    named = sorted({each for each in names.values() if each})
    visits = store.visits_there_are(unit.shared, named)
    store.lock_heads(unit.shared, {row.device_id for row in found})
    still = store.waiting_long(unit.connection, before)
    gone = [row for row in still if names.get(row.id) in visits]
    for visit in unit.in_turns(visits.values()):
        give_up(visit, [row for row in gone if names[row.id] == visit.id], unit)
    store.wait_no_more(unit.connection, [row.id for row in gone])
    for device_id in {row.device_id for row in gone}:
        left = store.how_many_wait(unit.connection, device_id)
        unit.change(head_table, device_id, ahead=left)
    if gone and len(found) == store.MOST_GIVEN_UP:
        unit.later(unit.now, GiveUpWaiting(), rounds.house(unit.source))
    return Noted()


def give_up(visit: Visit, rows: Sequence[Row[Any]], unit: Unit) -> None:
    """Keep these as what is odd about a visit, each phone's told of once."""
    for device_id in dict.fromkeys(row.device_id for row in rows):
        mine = [told(row, unit) for row in rows if row.device_id == device_id]
        fresh = oddities.news(device_id, mine, unit)
        oddities.note(visit, device_id, fresh, unit)


def told(row: Row[Any], unit: Unit) -> Told:
    return Told(Irregularity.GIVEN_UP, row.seq, row.link, opened(row.entry, unit))


def opened(entry: dict[str, Any], unit: Unit) -> str | None:
    """Return what waited; nothing of what could not be sealed, or was shredded since."""
    if not entry:
        return None
    sealed = Sealed.model_validate(entry)
    try:
        return unit.keyring.open(sealed, sealed.key_id, AHEAD)
    except Unavailable:
        return None
