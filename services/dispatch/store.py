"""Every query of dispatch."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, select, update

from chassis.errors import NotFound
from chassis.locking import Things
from chassis.shared import Shared
from proto.base import Command, Sealed
from proto.dispatch import (
    CaseState,
    ContactPlan,
    HoldReason,
    PlaceClass,
    VisitEntry,
)
from services.dispatch.model import (
    BLIND,
    SHREDDED,
    Appointment,
    Case,
    Danger,
    Hold,
    appointment_table,
    case_table,
    danger_table,
    hold_table,
    liable_of,
    visit_plan_table,
)

#: Beside the code of a badge: whom the visit was planned for, once one was swapped.
FIRST = "first_pair"
COLUMNS = [name for name in Case.__dataclass_fields__ if name != "holds"]


def case_of(row: Row[Any]) -> Case:
    read = {
        "state": CaseState(row.state),
        "books": tuple(row.books),
        "debtor": Sealed.model_validate(row.debtor),
        "address": Sealed.model_validate(row.address),
        "plan": row.plan and ContactPlan.model_validate(row.plan),
        "liable": liable_of(row.liable),
    }
    return Case(**dict(row._mapping) | read)


CASES = Things("case", Case, select(*(case_table.c[name] for name in COLUMNS)), case_of)


def hold_of(row: Row[Any]) -> Hold:
    columns = {name: getattr(row, name) for name in Hold.__dataclass_fields__}
    return Hold(**columns | {"reason": HoldReason(row.reason)})


def gather(shared: Shared, commands: Sequence[Command]) -> None:
    """Lock the cases of these commands, and read why they are held."""
    lock(shared, {command.locks()[0] for command in commands})


def case(shared: Shared, case_id: UUID) -> Case:
    """One case with its holds, locked until the transaction ends.

    Raises NotFound, HeldElsewhere.
    """
    if shared.thing(Case, case_id) is None:
        lock(shared, [case_id])
    return CASES.one(shared, case_id)


def lock(shared: Shared, case_ids: Iterable[UUID]) -> None:
    """Lock these cases. Their holds are read by a statement of its own: one that waited
    for a lock would still see what lay there before it waited.
    """
    found = CASES.locked(shared, case_ids)
    complete(shared.connection, found)
    for key, each in found.items():
        shared.put(key, each)


def complete(connection: Connection, cases: dict[UUID, Case]) -> None:
    """Give these cases their open holds, the oldest first."""
    table = hold_table
    open_ones = table.c.lifted_at.is_(None) & table.c.case_id.in_(list(cases))
    query = select(table).where(open_ones).order_by(table.c.placed_at, table.c.id)
    for row in connection.execute(query):
        hold = hold_of(row)
        cases[row.case_id].holds[hold.reason] = hold


def look_at(connection: Connection, case_id: UUID) -> Case:
    """One case with its holds, not locked. Raises NotFound."""
    query = CASES.query.where(case_table.c.id == case_id)
    if (row := connection.execute(query).one_or_none()) is None:
        raise NotFound("case", case_id)
    found = case_of(row)
    complete(connection, {case_id: found})
    return found


def dangers(connection: Connection, case_id: UUID) -> list[Danger]:
    """The dangers at the doors of a case, the oldest first; its lock is theirs."""
    table, names = danger_table, Danger.__dataclass_fields__
    query = select(*(table.c[name] for name in names)).where(table.c.case_id == case_id)
    rows = connection.execute(query.order_by(table.c.at, table.c.id))
    lists = ("people", "clauses")
    return [
        Danger(**dict(row._mapping) | {name: tuple(row._mapping[name]) for name in lists})
        for row in rows
    ]


def endangered(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Who was in danger in each of these cases, if anybody was."""
    table, found = danger_table, dict[UUID, set[UUID]]()
    query = select(table.c.case_id, table.c.people).where(table.c.case_id.in_(set(ids)))
    for row in connection.execute(query):
        found.setdefault(row.case_id, set()).update(row.people)
    return found


def at_the_door_of(connection: Connection, case: Case) -> list[UUID]:
    """The other cases of the same door that somebody could still go to.

    None for a case that is shredded, or of before doors could be compared.
    """
    table = case_table
    if case.address_blind is None:  # would be IS NULL, and so every such case
        return []
    same = (table.c.address_blind == case.address_blind) & (table.c.id != case.id)
    query = select(table.c.id).where(same, table.c.address_open.is_(True))
    return list(connection.scalars(query.order_by(table.c.id)))


def closed_doors(connection: Connection, doors: Iterable[str]) -> set[str]:
    """Those of these doors, by their keyed hashes, that are closed for any case."""
    table = case_table
    closed = table.c.address_blind.in_(set(doors)) & table.c.address_open.is_(False)
    return set(connection.scalars(select(table.c.address_blind).where(closed).distinct()))


def plans(
    connection: Connection, ids: Iterable[UUID]
) -> dict[UUID, tuple[VisitEntry, ...]]:
    """These planned visits, as far as they exist: as it is now, and as it was planned."""
    table = visit_plan_table
    rows = connection.execute(select(table).where(table.c.id.in_(set(ids))))
    return {
        row.id: (entry_of(row), entry_of(row).model_copy(update=first_pair(row.badge)))
        for row in rows
    }


def appointments(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Appointment]:
    """These appointments, as far as they exist; the lock of its case is that of each."""
    wanted = appointment_table.c.id.in_(set(ids))
    return {each.id: each for each in found_appointments(connection, wanted)}


def live_appointments(connection: Connection, case_id: UUID) -> list[Appointment]:
    """The appointments of a case that nothing has ended; its lock is theirs."""
    table = appointment_table.c
    mine = (table.case_id == case_id) & table.ended_at.is_(None)
    return found_appointments(connection, mine)


def found_appointments(
    connection: Connection, which: ColumnElement[bool]
) -> list[Appointment]:
    names = Appointment.__dataclass_fields__
    query = select(*(appointment_table.c[name] for name in names)).where(which)
    return [
        Appointment(
            **row._asdict()
            | {
                "place_class": PlaceClass(row.place_class),
                "words": row.words and Sealed.model_validate(row.words),
            }
        )
        for row in connection.execute(query.order_by(appointment_table.c.id))
    ]


def forget_ended(connection: Connection, case_id: UUID) -> None:
    """Forget where the debtor said they would be, of appointments that are over."""
    table = appointment_table.c
    over = table.case_id == case_id, table.ended_at.is_not(None)
    used = select(table.used_by).where(*over, table.used_by.is_not(None))
    plans = update(visit_plan_table).where(visit_plan_table.c.id.in_(used))
    connection.execute(plans.values(elsewhere=None))
    connection.execute(update(appointment_table).where(*over).values(words=None))


def held_since(connection: Connection, case_id: UUID, at: datetime) -> bool:
    """Whether a case was held at any time from that moment on."""
    table = hold_table.c
    late = (table.case_id == case_id) & (table.last_at >= at)
    return connection.scalar(select(table.id).where(late).limit(1)) is not None


def goes_elsewhere(
    connection: Connection, ids: Iterable[UUID]
) -> dict[UUID, tuple[UUID | None, str | None]]:
    """By which appointment each of these planned visits goes, and what tells where to."""
    table = visit_plan_table.c
    query = select(table.id, table.appointment_id, table.elsewhere)
    rows = connection.execute(query.where(table.id.in_(set(ids))))
    return {row.id: (row.appointment_id, row.elsewhere) for row in rows}


def pair_of(connection: Connection, visit_id: UUID) -> tuple[UUID, ...]:
    """Who goes on a planned visit; nobody when it is not known."""
    table = visit_plan_table
    found = connection.scalar(select(table.c.collectors).where(table.c.id == visit_id))
    return tuple(found or ())


def entry_of(row: Row[Any]) -> VisitEntry:
    return VisitEntry(
        visit_id=row.id,
        case_id=row.case_id,
        collectors=tuple(row.collectors),
        letter_id=row.letter_id,
        not_before=row.not_before,
        not_after=row.not_after,
        paper=row.paper,
    )


def first_pair(badge: dict[str, Any] | None) -> dict[str, Any]:
    """Whom a visit was planned for and by which letter, where they were swapped since."""
    if badge is None or (found := badge.get(FIRST)) is None:
        return {}
    people = tuple(map(UUID, found["collectors"]))
    return {"collectors": people, "letter_id": UUID(found["letter_id"])}


def found_by(connection: Connection, what: str, blind: str) -> list[UUID]:
    """The cases whose debtor has this name or number; `what` is one of `FINDABLE`."""
    query = select(case_table.c.id).where(case_table.c[f"{what}_blind"] == blind)
    return list(connection.scalars(query.order_by(case_table.c.id)))


def named(connection: Connection, number: str) -> UUID | None:
    """The case of this number."""
    found = connection.scalar(select(case_table.c.id).where(case_table.c.number == number))
    return UUID(str(found)) if found else None


def forget(connection: Connection, case_id: UUID) -> bool:
    """Empty what a shredded case could still be found or guessed by; whether it is one.

    A keyed hash is not sealed under the case's key: it would outlive that key.
    """
    plans = update(visit_plan_table).where(visit_plan_table.c.case_id == case_id)
    connection.execute(plans.values(elsewhere=None))
    emptied = {f"{what}_blind": None for what in BLIND} | {"entry": SHREDDED}
    change = update(case_table).where(case_table.c.id == case_id).values(emptied)
    return connection.execute(change).rowcount == 1
