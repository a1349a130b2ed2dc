"""Letters: what the bank puts on paper, above all the authorisation letter (授权书)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from annotated_types import Len
from pydantic import Field

from proto import ids
from proto.base import Command, Reply, Standing, Value
from proto.workforce import Code


class AuthorisationEntry(Value):
    """A numbered letter: these people of this agency may visit on these days.

    It names no debtor (16.04). Both days count as inside.
    """

    letter_id: UUID
    number: Code
    agency_id: UUID
    people: Annotated[tuple[UUID, ...], Len(2, 50)]
    valid_from: date
    valid_until: date


class IssueAuthorisations(Command):
    """Issue these letters. An issued letter is never changed, only revoked. All or none."""

    bulk: ClassVar[bool] = True

    letters: Annotated[tuple[AuthorisationEntry, ...], Len(1, 1000)]


class RevokeAuthorisation(Command):
    """The letter is worth nothing from now on."""

    letter_id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=200)]

    def locks(self) -> tuple[UUID, ...]:
        return (self.letter_id,)


class ApproveTemplate(Command):
    """The bank approves a letter's template, or takes its approval back (4.26 13.14)."""

    template: Code
    approved: bool = True

    def locks(self) -> tuple[UUID, ...]:
        return (ids.named("template", self.template),)


class TemplateShown(Reply):
    template: Code
    approved: bool


class Issued(Reply):
    """How many letters are new, and how many were issued just so before."""

    new: int = 0
    same: int = 0


class LetterState(StrEnum):
    ISSUED = "issued"
    REVOKED = "revoked"


class AuthorisationStanding(Standing):
    """An authorisation letter, whole."""

    letter_id: UUID
    number: str
    agency_id: UUID
    people: tuple[UUID, ...]
    valid_from: date
    valid_until: date
    state: LetterState

    def key(self) -> UUID:
        return self.letter_id

    def urgent(self) -> bool:
        return self.state is LetterState.REVOKED


class TemplateStanding(Standing):
    """A template (催收信函模板), and whether the bank approves of it."""

    template: str
    approved: bool

    def key(self) -> UUID:
        return ids.named("template", self.template)

    def urgent(self) -> bool:
        return not self.approved
