"""Every query of letters."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from chassis.locking import Things
from chassis.shared import Shared
from proto.letters import ApproveTemplate, LetterState, RevokeAuthorisation
from services.letters.model import (
    Authorisation,
    Template,
    authorisation_table,
    template_table,
)


def letter_of(row: Row[Any]) -> Authorisation:
    read = {"state": LetterState(row.state), "people": tuple(row.people)}
    return Authorisation(**dict(row._mapping) | read)


LETTERS = Things(
    "letter",
    Authorisation,
    select(*(authorisation_table.c[name] for name in Authorisation.__dataclass_fields__)),
    letter_of,
)

TEMPLATES = Things(
    "template",
    Template,
    select(template_table),
    lambda row: Template(**dict(row._mapping)),
)


def gather(shared: Shared, commands: Sequence[RevokeAuthorisation]) -> None:
    """Lock the letters of these commands."""
    LETTERS.lock(shared, [command.letter_id for command in commands])


def gather_templates(shared: Shared, commands: Sequence[ApproveTemplate]) -> None:
    """Lock the templates of these commands, as far as they are known."""
    TEMPLATES.lock(shared, [command.locks()[0] for command in commands])


def template(shared: Shared, key: UUID) -> Template | None:
    """One template, locked, if the bank has ever approved of it. Raises HeldElsewhere."""
    if shared.thing(Template, key) is None:
        TEMPLATES.lock(shared, [key])
    return shared.thing(Template, key)
