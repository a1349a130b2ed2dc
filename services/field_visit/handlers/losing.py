"""A file that the store has lost: a worker has looked for it as often as it looks.

Its row stays, and the next part of its visit's record says that nobody has it any more:
of everything else there is evidence all the same.
"""

from chassis.unit import Unit
from proto import ids
from services.field_visit.model import Erased, Media, Visit, erasure_table


def note_lost(media: Media, visit: Visit, unit: Unit) -> None:
    """Have the next part of the visit's record say so, unless it was deleted."""
    if media.deleted_at is None:
        unit.write(
            erasure_table,
            id=ids.named("erasure", f"{media.id}/{Erased.LOST}"),
            visit_id=visit.id,
            what=Erased.LOST,
            sha256=media.sha256,
            by=unit.source,
            why="not-in-store",
            at=unit.now,
        )
