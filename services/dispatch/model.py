"""A case and the visits planned for it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.errors import Conflict
from proto.base import Sealed
from proto.dispatch import Address, CaseStanding, CaseState, Debtor, HoldReason, Sheet

metadata = MetaData()

#: `debtor` and `address` are sealed; `entry` tells one content from another. The blind
#: columns find a case by its debtor; shredding a case empties them, and `entry`.
case_table = Table(
    "debt_case",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("agency_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("books", ARRAY(Text), nullable=False),
    Column("debtor", JSONB, nullable=False),
    Column("address", JSONB, nullable=False),
    Column("amount", Numeric(14, 2), nullable=False),
    Column("currency", Text, nullable=False),
    Column("overdue_since", Date, nullable=False),
    Column("entry", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("held_because", Text),
    Column("name_blind", Text, index=True),
    Column("id_number_blind", Text, index=True),
    Column("card_number_blind", Text, index=True),
)
#: What a case can be found by.
FINDABLE = ("name", "id_number", "card_number")
#: What stands in `entry` when the case was shredded: no fingerprint equals it.
SHREDDED = "shredded"

visit_plan_table = Table(
    "visit_plan",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("debt_case.id"), nullable=False),
    Column("collectors", ARRAY(Uuid), nullable=False),
    Column("letter_id", Uuid, nullable=False),
    Column("not_before", DateTime(timezone=True), nullable=False),
    Column("not_after", DateTime(timezone=True), nullable=False),
)
Index("visit_plan_case", visit_plan_table.c.case_id)

SHOWN_DIGITS = 4


@dataclass
class Case:
    """An overdue debt that was placed (委案) with an agency."""

    id: UUID
    number: str
    agency_id: UUID
    state: CaseState
    books: tuple[str, ...]
    debtor: Sealed
    address: Sealed
    entry: str
    version: int
    held_because: str | None = None

    def hold(self, reason: HoldReason) -> bool:
        """Let nobody work it. False when it was held for that reason before.

        Raises Conflict when it is no longer anybody's to work.
        """
        if self.state not in (CaseState.PLACED, CaseState.HELD):
            raise Conflict("case-not-worked", key=self.number, state=self.state.value)
        if self.held_because == reason:
            return False
        self.state, self.held_because = CaseState.HELD, reason.value
        self.version += 1
        return True

    def resume(self) -> bool:
        """Let it be worked again. False when it was not held."""
        if self.state is not CaseState.HELD:
            return False
        self.state, self.held_because = CaseState.PLACED, None
        self.version += 1
        return True

    def standing(self) -> CaseStanding:
        """Return what others decide by."""
        return CaseStanding(
            case_id=self.id,
            number=self.number,
            agency_id=self.agency_id,
            state=self.state,
            books=self.books,
            version=self.version,
        )


def sheet(debtor: Debtor, address: Address) -> Sheet:
    """Return what a pair may know: numbers but for their last four digits (16.04)."""
    return Sheet(
        debtor_name=debtor.name,
        id_number=masked(debtor.id_number),
        card_number=masked(debtor.card_number),
        address=address.text,
    )


def masked(number: str) -> str:
    """Hide all but the last four characters, and half of a short number."""
    shown = min(SHOWN_DIGITS, len(number) // 2)
    return "*" * (len(number) - shown) + number[len(number) - shown :]
