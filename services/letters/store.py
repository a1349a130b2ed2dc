"""Every query of letters."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from chassis.errors import NotFound
from chassis.locking import locked
from chassis.shared import Shared
from proto.letters import LetterState, RevokeAuthorisation
from services.letters.model import Authorisation, authorisation_table

LETTERS = select(
    *(authorisation_table.c[name] for name in Authorisation.__dataclass_fields__)
)


def gather(shared: Shared, commands: Sequence[RevokeAuthorisation]) -> None:
    """Lock the letters of these commands."""
    lock(shared, [command.letter_id for command in commands])


def lock(shared: Shared, ids: Iterable[UUID]) -> None:
    for row in locked(shared, LETTERS, ids):
        shared.put(row.id, letter_of(dict(row._mapping)))


def authorisation(shared: Shared, letter_id: UUID) -> Authorisation:
    """One letter, locked until the transaction ends."""
    if shared.thing(Authorisation, letter_id) is None:
        lock(shared, [letter_id])
    if found := shared.thing(Authorisation, letter_id):
        return found
    raise NotFound("letter", letter_id)


def authorisations(
    connection: Connection, ids: Iterable[UUID]
) -> dict[UUID, Authorisation]:
    """These letters, as far as they exist, locked in one order."""
    rows = locked(Shared(connection), LETTERS, ids)
    return {row.id: letter_of(dict(row._mapping)) for row in rows}


def letter_of(row: dict[str, Any]) -> Authorisation:
    row["state"], row["people"] = LetterState(row["state"]), tuple(row["people"])
    return Authorisation(**row)
