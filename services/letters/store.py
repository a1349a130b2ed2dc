"""Every query of letters."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from chassis.locking import Things
from chassis.shared import Shared
from proto.letters import LetterState, RevokeAuthorisation
from services.letters.model import Authorisation, authorisation_table


def letter_of(row: Row[Any]) -> Authorisation:
    read = {"state": LetterState(row.state), "people": tuple(row.people)}
    return Authorisation(**dict(row._mapping) | read)


LETTERS = Things(
    "letter",
    Authorisation,
    select(*(authorisation_table.c[name] for name in Authorisation.__dataclass_fields__)),
    letter_of,
)


def gather(shared: Shared, commands: Sequence[RevokeAuthorisation]) -> None:
    """Lock the letters of these commands."""
    LETTERS.lock(shared, [command.letter_id for command in commands])
