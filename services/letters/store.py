"""Every query of letters."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from chassis.errors import NotFound
from proto.letters import LetterState
from services.letters.model import Authorisation, authorisation_table


def authorisations(
    connection: Connection, ids: Iterable[UUID]
) -> dict[UUID, Authorisation]:
    """These letters, as far as they exist, locked in one order."""
    table = authorisation_table
    columns = [table.c[name] for name in Authorisation.__dataclass_fields__]
    query = select(*columns).where(table.c.id.in_(set(ids)))
    rows = connection.execute(query.order_by(table.c.id).with_for_update())
    return {row.id: letter_of(dict(row._mapping)) for row in rows}


def authorisation(connection: Connection, letter_id: UUID) -> Authorisation:
    """One letter, locked until the transaction ends."""
    if found := authorisations(connection, [letter_id]).get(letter_id):
        return found
    raise NotFound("letter", letter_id)


def letter_of(row: dict[str, Any]) -> Authorisation:
    row["state"], row["people"] = LetterState(row["state"]), tuple(row["people"])
    return Authorisation(**row)
