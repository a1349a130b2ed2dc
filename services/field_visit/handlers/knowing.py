"""Who was refused at a door knows from then on, though no rule was asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.errors import Conflict, Forbidden
from chassis.unit import Unit
from proto import ids
from services.field_visit import store
from services.field_visit.model import Visit, refusal_table

#: Refusals that say that what was allowed is so no more. Others speak of what was sent, or
#: of the time that the visit was planned for.
SAYS_SO = {"not-checked-in", "visit-leaving", "visit-closed", "device-revoked"}


@contextmanager
def told_no(visit: Visit, unit: Unit) -> Iterator[None]:
    """Keep that whoever asks was told, when this refuses: later deeds are judged by it."""
    try:
        yield
    except (Conflict, Forbidden) as refusal:
        person_id = unit.asker and unit.asker.person_id
        if (
            refusal.kind in SAYS_SO
            and person_id
            and store.is_news(unit.connection, visit.id, person_id)
        ):
            its = {"visit_id": visit.id, "person_id": person_id, "kind": refusal.kind}
            unit.write_anyway(refusal_table, id=ids.new(), **its, at=unit.now)
        raise
