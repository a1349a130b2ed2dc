"""Every query of field_visit. The locks are here."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    DateTime,
    Float,
    Row,
    Select,
    Uuid,
    bindparam,
    cast,
    column,
    false,
    nulls_first,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis import clock
from chassis.errors import NotFound
from chassis.prepared import OFTEN
from chassis.shared import Shared
from proto.base import Asker, Role, Sealed, Standing
from proto.dispatch import CaseStanding
from proto.field_visit import AtTheDoor, Ending, Fact, VisitState
from proto.letters import AuthorisationStanding
from proto.workforce import AgencyStanding, DeviceStanding, PersonStanding
from services.field_visit.model import (
    CheckedIn,
    Noted,
    Visit,
    checked_in_table,
    journal_table,
    visit_table,
)

FACT: TypeAdapter[Fact] = TypeAdapter(Fact)
#: No permit outlives the time its visit was planned for by more, and no two clocks of
#: ours differ by more.
AROUND = timedelta(days=1)

# Statements of every check-in are made once: to build one costs as much as to run it.
THESE = bindparam("ids", type_=ARRAY(Uuid))
VISITS = (
    select(visit_table)
    .where(visit_table.c.id == THESE.any_())
    .order_by(visit_table.c.id)
    .execution_options(**OFTEN)
)
LOCKED, FREE = VISITS.with_for_update(), VISITS.with_for_update(skip_locked=True)
#: Who checked in, then what the journals say, each in the order it arrived.
HAPPENED = (
    union_all(
        select(
            checked_in_table.c.visit_id,
            checked_in_table.c.present_at.label("at"),
            checked_in_table.c.id,
            checked_in_table.c.collector_id,
            checked_in_table.c.device_id,
            checked_in_table.c.distance_m,
            checked_in_table.c.accuracy_m,
            cast(None, JSONB).label("fact"),
            cast(None, Boolean).label("counts"),
            checked_in_table.c.at.label("since"),
            cast(None, BigInteger).label("number"),
        ).where(checked_in_table.c.visit_id == THESE.any_()),
        select(
            journal_table.c.visit_id,
            journal_table.c.at,
            *[cast(None, kind) for kind in (Uuid, Uuid, Uuid, Float, Float)],
            journal_table.c.fact,
            journal_table.c.counts,
            cast(None, DateTime(timezone=True)),
            journal_table.c.number,
        ).where(journal_table.c.visit_id == THESE.any_()),
    )
    .order_by(nulls_first(column("number")), column("since"), column("id"))
    .execution_options(**OFTEN)
)


def gather(shared: Shared, commands: Sequence[AtTheDoor]) -> None:
    """Lock the visits of these commands, and read all that their handlers will ask for."""
    found = lock(shared, sorted({command.visit_id for command in commands}))
    keys = [key for command in commands for key in command.devices()]
    for each in found:
        keys += [each.case_id, each.agency_id, each.letter_id, *each.collectors]
        keys += [here.device_id for here in each.here]
    subjects = [*keys, *(each.id for each in found)]
    shared.want(keys, subjects, locks=[each.case_id for each in found])


def visit(shared: Shared, visit_id: UUID) -> Visit:
    """One visit with all that happened at its door, locked until the transaction ends."""
    found = shared.thing(Visit, visit_id)
    if found is None:
        lock(shared, [visit_id])
        found = shared.thing(Visit, visit_id)
    if found is None:
        raise NotFound("visit", visit_id)
    return found


def lock(shared: Shared, visit_ids: Sequence[UUID]) -> list[Visit]:
    """These visits, locked in one order; those that somebody else holds are noted.

    What happened at their doors is read by statements of its own: one that waited for a
    lock would still see what lay there before it waited.
    """
    connection = shared.connection
    query = LOCKED if shared.blocking else FREE
    rows = connection.execute(query, {"ids": list(visit_ids)})
    found = [visit_of(row) for row in rows]
    complete(connection, found)
    for each in found:
        shared.put(each.id, each)
    missing = set(visit_ids) - {each.id for each in found}
    if missing and not shared.blocking:
        there = select(visit_table.c.id).where(visit_table.c.id.in_(missing))
        shared.elsewhere.update(connection.scalars(there))
    return found


def resting(connection: Connection, standing: Standing) -> list[Visit]:
    """The open visits planned for around now which rest on this, locked.

    Also those whose pair is not cleared: one that checks in at this moment is waited for,
    and found as it leaves the visit.
    """
    table, now = visit_table, clock.now()
    planned = table.c.not_before < now + AROUND, table.c.not_after > now - AROUND
    query = select(table).where(on(standing), table.c.state != VisitState.CLOSED, *planned)
    rows = connection.execute(query.order_by(table.c.id).with_for_update())
    found = [visit_of(row) for row in rows]
    if isinstance(standing, DeviceStanding):
        complete(connection, found)
        found = [each for each in found if each.has_phone(standing.device_id)]
    return found


def on(standing: Standing) -> ColumnElement[bool]:
    """Which visits may rest on it. A phone is only ever of one collector."""
    table = visit_table
    match standing:
        case CaseStanding():
            return table.c.case_id == standing.case_id
        case AgencyStanding():
            return table.c.agency_id == standing.agency_id
        case AuthorisationStanding():
            return table.c.letter_id == standing.letter_id
        case PersonStanding() | DeviceStanding():
            return table.c.collectors.contains([standing.person_id])
    return false()


def visits(
    connection: Connection, asker: Asker, after: UUID | None, limit: int
) -> list[Visit]:
    """The visits somebody may see, soonest first; not locked."""
    table = visit_table
    query = seen_by(asker).order_by(table.c.not_before, table.c.id).limit(limit)
    if after:
        last = select(table.c.not_before, table.c.id).where(table.c.id == after)
        query = query.where(tuple_(table.c.not_before, table.c.id) > last.scalar_subquery())
    found = [visit_of(row) for row in connection.execute(query)]
    complete(connection, found)
    return found


def shown_visit(connection: Connection, asker: Asker, visit_id: UUID) -> Visit:
    """One visit, if the asker may see it; not locked."""
    row = connection.execute(seen_by(asker).where(visit_table.c.id == visit_id)).first()
    if row is None:
        raise NotFound("visit", visit_id)
    found = visit_of(row)
    complete(connection, [found])
    return found


def seen_by(asker: Asker) -> Select[Any]:
    """Collectors see their own visits, supervisors their agency's, two bank roles all."""
    query, table = select(visit_table), visit_table
    match asker.role:
        case Role.FIELD_COLLECTOR:
            return query.where(table.c.collectors.contains([asker.person_id]))
        case Role.SUPERVISOR:
            return query.where(table.c.agency_id == asker.agency_id)
        case Role.BANK_OFFICER | Role.COMPLIANCE:
            return query
    return query.where(false())


def complete(connection: Connection, found: Sequence[Visit]) -> None:
    """Add to each visit who checked in and what the journals say."""
    by_id = {each.id: each for each in found}
    for row in connection.execute(HAPPENED, {"ids": list(by_id)}):
        visit = by_id[row.visit_id]
        if row.fact is None:
            here = CheckedIn(
                row.id,
                row.collector_id,
                row.device_id,
                row.distance_m,
                row.accuracy_m,
                row.at,
            )
            visit.here.append(here)
        else:
            visit.facts.append(Noted(FACT.validate_python(row.fact), row.at, row.counts))


def links(connection: Connection, device_id: UUID, since: int) -> dict[int, str]:
    """The links of a phone's entries from `since` on, and of its very last one."""
    table = journal_table
    mine = select(table.c.seq, table.c.link).where(table.c.device_id == device_id)
    last = mine.order_by(table.c.seq.desc()).limit(1)
    rows = connection.execute(mine.where(table.c.seq >= since).union(last))
    return {row.seq: row.link for row in rows}


def visit_of(row: Row[Any]) -> Visit:
    values = dict(row._mapping)
    values |= {
        "collectors": tuple(row.collectors),
        "books": tuple(row.books),
        "place": Sealed.model_validate(row.place),
        "sheet": Sealed.model_validate(row.sheet),
        "state": VisitState(row.state),
        "ending": row.ending and Ending(row.ending),
    }
    return Visit(**values)
