"""The log of all seals: its heads, one of which is given away each day, and erasures."""

from datetime import time

from chassis import jobs, rounds
from chassis.unit import Unit
from proto import ids
from proto.evidence import ListTreeHeads, LookAtLog, NoteTreeHead, TreeHeads, TreeHeadShown
from proto.field_visit import Noted, TreeHeadSigned
from services.field_visit import store
from services.field_visit.handlers import sealing
from services.field_visit.model import (
    DELETE,
    PUBLISH_HEAD,
    REPORT,
    SEAL,
    SIGN_HEAD,
    Erased,
    Opens,
    TreeHead,
    erasure_table,
    tree_head_table,
)

#: What is asked for once, and harmless when it is done twice. A head is asked for again
#: by itself, and so is what is given out of the house.
TAKEN_UP = (SEAL, REPORT, PUBLISH_HEAD, DELETE)


def look_at_log(_: LookAtLog, unit: Unit) -> Noted:
    """Once a day have a head signed that is given away; note what was erased since, and
    have taken up again what could not be done of a seal.
    """
    midnight = unit.now.combine(unit.now.date(), time(), unit.now.tzinfo)
    if not store.given_away_since(unit.connection, midnight):
        before = store.newest_head(unit.connection, given_away=True)
        if store.size(unit.connection) > (before.size if before else 0):
            unit.job(SIGN_HEAD, rounds.house(unit.source), given_away=True)
    note_erased(unit)
    jobs.take_up(unit.connection, TAKEN_UP, unit.now)
    return Noted()


def note_erased(unit: Unit) -> None:
    """Have visits of shredded cases say so in a further part."""
    found = {row.id: row for row in store.newly_erased(unit.connection)}
    visits = store.visits_there_are(unit.shared, list(found)) if found else {}
    for visit in visits.values():
        row = found[visit.id]
        unit.write(
            erasure_table,
            id=ids.named("erasure", f"{visit.id}/{Erased.CASE}"),
            visit_id=visit.id,
            what=Erased.CASE,
            by=row.by,
            why=row.reason,
            at=row.shredded_at,
        )
        store.forget_hidden(unit.connection, visit.id, *Opens)
        sealing.look_soon(visit, unit)


def note_tree_head(command: NoteTreeHead, unit: Unit) -> Noted:
    """Keep a head that a worker signed; one that is given away is told of, and sent.

    Of two over the same leaves one is: whoever has both of them would look betrayed.
    """
    if command.given_away and is_given_away(command.size, unit):
        return Noted()
    head_id = ids.new()
    unit.write(tree_head_table, id=head_id, **command.model_dump())
    if command.given_away:
        house = rounds.house(unit.source)
        names = {"size", "root", "key", "at"}
        unit.emit(TreeHeadSigned(**command.model_dump(include=names)), house)
        unit.job(PUBLISH_HEAD, house, head_id=head_id)
    return Noted()


def is_given_away(size: int, unit: Unit) -> bool:
    """Tell whether a head over so many leaves was given away; who asks at once waits."""
    store.hold_log(unit.connection)
    before = store.newest_head(unit.connection, given_away=True)
    return before is not None and before.size >= size


def list_tree_heads(command: ListTreeHeads, unit: Unit) -> TreeHeads:
    """Show the heads that were given away to anybody: they tell of nobody."""
    limit = command.limit
    found = store.heads_given_away(unit.connection, command.before, limit + 1)
    heads = tuple(shown(each) for each in found[:limit])
    return TreeHeads(heads=heads, next=heads[-1].head_id if len(found) > limit else None)


def shown(head: TreeHead) -> TreeHeadShown:
    names = TreeHeadShown.model_fields.keys() - {"head_id"}
    return TreeHeadShown(head_id=head.id, **{name: getattr(head, name) for name in names})
