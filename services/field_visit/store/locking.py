"""The locks of asks: visits, the others to their cases, then what may be used once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    Row,
    func,
    select,
)

from chassis.errors import NotFound
from chassis.prepared import ask, written
from chassis.shared import Shared
from proto import ids
from proto.evidence import CorrectVisit
from proto.field_visit import (
    AcknowledgeHelp,
    AtTheDoor,
    SignOffHour,
    SwapPartner,
)
from proto.media import ReceiveMedia
from proto.plausibility import ReplyToFinding
from services.field_visit.model import (
    Leave,
    LeaveKind,
    Visit,
    leave_table,
    visit_table,
)
from services.field_visit.store.doors import THESE, complete, visit_of
from services.field_visit.store.journals import lock_heads, visits_ahead
from services.field_visit.store.media import look_up

# Statements of every check-in are made once: to build one costs as much as to run it.
#: These visits and the others to their cases: once a day is judged by what those have
#: done, and they are locked with them, so that two which come at once take turns.
ITS_CASES = select(visit_table.c.case_id).where(visit_table.c.id == THESE.any_())
OTHER = visit_table.alias("other")
VISITS = (
    select(
        visit_table,
        select(func.count())
        .where(OTHER.c.case_id == visit_table.c.case_id)
        .scalar_subquery()
        .label("of_case"),
        select(func.count())
        .where(leave_table.c.case_id == visit_table.c.case_id)
        .scalar_subquery()
        .label("leaves"),
    )
    .where(visit_table.c.case_id.in_(ITS_CASES))
    .order_by(visit_table.c.id)
)
LOCKED = written(VISITS.with_for_update(of=visit_table))
FREE = written(VISITS.with_for_update(of=visit_table, skip_locked=True))


def gather(
    shared: Shared,
    commands: Sequence[
        AtTheDoor
        | SignOffHour
        | AcknowledgeHelp
        | ReceiveMedia
        | SwapPartner
        | ReplyToFinding
        | CorrectVisit
    ],
) -> None:
    """Lock the visits of these commands, and read all that their handlers will ask for."""
    at_the_door = [each for each in commands if isinstance(each, AtTheDoor)]
    writers = {key for command in at_the_door for key in command.writers()}
    others = {key for command in at_the_door for key in command.others()}
    others |= visits_ahead(shared.connection, writers)
    found = lock(shared, sorted({command.visit_id for command in commands} | others))
    lock_heads(shared, writers)
    files = [each for each in commands if isinstance(each, ReceiveMedia)]
    cases = {each.id: each.case_id for each in found}
    look_up(shared, {f.media_id: cases[f.visit_id] for f in files if f.visit_id in cases})
    keys = [key for command in at_the_door for key in command.devices()]
    keys += [each.device_id for each in files]
    swaps = [each for each in commands if isinstance(each, SwapPartner)]
    keys += [key for swap in swaps for key in (swap.comes, swap.letter_id)]
    for each in found:
        if each.paper_template:
            keys.append(ids.named("template", each.paper_template))
        keys += [each.case_id, each.agency_id, each.letter_id, *each.collectors]
        keys += [here.device_id for here in each.here]
    subjects = [*keys, *(each.id for each in found)]
    locks = [key for each in found for key in (each.case_id, *each.collectors)]
    shared.want(keys, subjects, locks=locks)


def visit(shared: Shared, visit_id: UUID) -> Visit:
    """One visit with all that happened at its door, locked until the transaction ends."""
    found = shared.thing(Visit, visit_id)
    if found is None:
        lock(shared, [visit_id])
        found = shared.thing(Visit, visit_id)
    if found is None:
        raise NotFound("visit", visit_id)
    return found


def visits_there_are(shared: Shared, visit_ids: Sequence[UUID]) -> dict[UUID, Visit]:
    """Those of these visits that there are, locked. Raises HeldElsewhere."""
    if missing := [key for key in visit_ids if shared.thing(Visit, key) is None]:
        lock(shared, missing)
    found = ((key, shared.thing(Visit, key)) for key in visit_ids)
    return {key: each for key, each in found if each is not None}


def lock(shared: Shared, visit_ids: Sequence[UUID]) -> list[Visit]:
    """These visits, locked in one order; those that somebody else holds are noted.

    What happened at their doors is read by statements of its own: one that waited for a
    lock would still see what lay there before it waited.
    """
    connection = shared.connection
    query = LOCKED if shared.blocking else FREE
    rows = ask(connection, query, {"ids": list(visit_ids)})
    of_case = with_siblings(rows)
    wanted = set(visit_ids)
    found = [each for each in of_case.values() if each.id in wanted]
    lock_leaves(shared, found, {row.id: row.leaves for row in rows})
    complete(connection, found)
    for each in found:
        shared.put(each.id, each)
    if not shared.blocking:
        if missing := wanted - of_case.keys():
            there = select(visit_table.c.id).where(visit_table.c.id.in_(missing))
            shared.elsewhere.update(connection.scalars(there))
        counts = {row.id: row.of_case for row in rows}
        short = (each.id for each in found if len(each.siblings) + 1 < counts[each.id])
        shared.elsewhere.update(short)
    return found


def with_siblings(rows: Sequence[Row[Any]]) -> dict[UUID, Visit]:
    """These visits by id, each with the others to its case; the same ones for all."""
    found = {row.id: visit_of(row) for row in rows}
    of_case: dict[UUID, list[Visit]] = {}
    for each in found.values():
        of_case.setdefault(each.case_id, []).append(each)
    for each in found.values():
        each.siblings = [one for one in of_case[each.case_id] if one is not each]
    return found


def lock_leaves(shared: Shared, found: Sequence[Visit], counts: Mapping[UUID, int]) -> None:
    """Lock what may be used once by these visits, and give it to them.

    A visit whose case has one that somebody else holds is held elsewhere itself.
    """
    cases = {each.case_id for each in found if counts[each.id]}
    if not cases:
        return
    query = select(leave_table).where(leave_table.c.case_id.in_(cases))
    ordered = query.order_by(leave_table.c.at, leave_table.c.id)
    locked = ordered.with_for_update(skip_locked=not shared.blocking)
    leaves = [leave_of(row) for row in shared.connection.execute(locked)]
    for visit in found:
        visit.leaves = [one for one in leaves if one.case_id == visit.case_id]
        if len(visit.leaves) < counts[visit.id] and not shared.blocking:
            shared.elsewhere.add(visit.id)


def leave(connection: Connection, leave_id: UUID) -> Leave | None:
    """One thing that may be used once, locked."""
    query = select(leave_table).where(leave_table.c.id == leave_id).with_for_update()
    row = connection.execute(query).first()
    return leave_of(row) if row else None


def leave_of(row: Row[Any]) -> Leave:
    return Leave(**row._asdict() | {"kind": LeaveKind(row.kind)})
