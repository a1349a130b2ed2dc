"""Every query of dispatch."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from chassis.locking import Things
from chassis.shared import Shared
from proto.base import Sealed
from proto.dispatch import CaseState, HoldCase, ResumeCase, VisitEntry
from services.dispatch.model import (
    FINDABLE,
    SHREDDED,
    Case,
    case_table,
    visit_plan_table,
)


def case_of(row: Row[Any]) -> Case:
    return Case(
        row.id,
        row.number,
        row.agency_id,
        CaseState(row.state),
        tuple(row.books),
        Sealed.model_validate(row.debtor),
        Sealed.model_validate(row.address),
        row.entry,
        row.version,
        row.held_because,
    )


CASES = Things(
    "case",
    Case,
    select(*(case_table.c[name] for name in Case.__dataclass_fields__)),
    case_of,
)


def gather(shared: Shared, commands: Sequence[HoldCase | ResumeCase]) -> None:
    """Lock the cases of these commands."""
    CASES.lock(shared, [command.case_id for command in commands])


def plans(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, VisitEntry]:
    """These planned visits, as far as they exist."""
    table = visit_plan_table
    rows = connection.execute(select(table).where(table.c.id.in_(set(ids))))
    return {
        row.id: VisitEntry(
            visit_id=row.id,
            case_id=row.case_id,
            collectors=tuple(row.collectors),
            letter_id=row.letter_id,
            not_before=row.not_before,
            not_after=row.not_after,
        )
        for row in rows
    }


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
    emptied = {f"{what}_blind": None for what in FINDABLE} | {"entry": SHREDDED}
    change = update(case_table).where(case_table.c.id == case_id).values(emptied)
    return connection.execute(change).rowcount == 1
