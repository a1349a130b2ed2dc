"""Authorisation letters (授权书), never changed, only revoked; and letters' templates."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from proto.letters import AuthorisationEntry, LetterState, TemplateStanding

metadata = MetaData()

authorisation_table = Table(
    "authorisation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("agency_id", Uuid, nullable=False),
    Column("people", ARRAY(Uuid), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("revoked_because", Text),
    Column("version", Integer, nullable=False),
)

template_table = Table(
    "template",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("template", Text, nullable=False, unique=True),
    Column("approved", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)


@dataclass
class Authorisation:
    """A bank's word that these people of this agency may visit on these days."""

    id: UUID
    number: str
    agency_id: UUID
    people: tuple[UUID, ...]
    valid_from: date
    valid_until: date
    state: LetterState
    version: int

    def says(self, entry: AuthorisationEntry) -> bool:
        """Tell whether this is what the entry says, word for word."""
        mine = (self.number, self.agency_id, self.people, self.valid_from)
        theirs = (entry.number, entry.agency_id, entry.people, entry.valid_from)
        return mine == theirs and self.valid_until == entry.valid_until

    def revoke(self) -> bool:
        """Make it worth nothing. False when it was so before."""
        if self.state is LetterState.REVOKED:
            return False
        self.state = LetterState.REVOKED
        self.version += 1
        return True


@dataclass
class Template:
    """A template of letters to debtors (催收信函模板), by the name the bank gave it."""

    id: UUID
    template: str
    approved: bool
    version: int

    def approve(self, approved: bool) -> bool:
        """Approve it, or take that back. False when it was so before."""
        if self.approved is approved:
            return False
        self.approved = approved
        self.version += 1
        return True

    def standing(self) -> TemplateStanding:
        """Return what others decide by."""
        return TemplateStanding(
            template=self.template, approved=self.approved, version=self.version
        )
