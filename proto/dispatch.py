"""Dispatch: which case is worked, by whom, and when its door is visited."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from annotated_types import Len
from pydantic import Field

from proto.base import Command, Event, Moment, Reply, Sealed, Standing, Value
from proto.places import Point
from proto.workforce import Code, Name

Money = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]


class Address(Value):
    """A door: where it is, and by which wall clock its people live (an IANA zone)."""

    text: Annotated[str, Field(min_length=1, max_length=400)]
    point: Point
    zone: str = "Asia/Shanghai"


class Debtor(Value):
    """The obligor, as the bank wrote it. Sealed the moment it is taken in."""

    name: Name
    id_number: Annotated[str, Field(min_length=4, max_length=32)]
    card_number: Annotated[str, Field(min_length=8, max_length=24, pattern=r"^\d+$")]


class CaseEntry(Value):
    """An overdue debt (委案) and the agency it is placed with.

    `books` are the rulebooks its contract names.
    """

    case_id: UUID
    number: Code
    agency_id: UUID
    books: Annotated[tuple[Code, ...], Len(1, 20)]
    debtor: Debtor
    address: Address
    amount: Money
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    overdue_since: date


class OpenCases(Command):
    """Take these cases in and place them. All or none."""

    bulk: ClassVar[bool] = True

    cases: Annotated[tuple[CaseEntry, ...], Len(1, 5000)]


class CasesOpened(Reply):
    """How many cases are new, and how many were known just so."""

    new: int = 0
    same: int = 0


class VisitEntry(Value):
    """A pair is to visit a case's door, with this letter, between these moments."""

    visit_id: UUID
    case_id: UUID
    collectors: tuple[UUID, UUID]
    letter_id: UUID
    not_before: Moment
    not_after: Moment


class PlanVisits(Command):
    """Plan these visits. All or none."""

    bulk: ClassVar[bool] = True

    visits: Annotated[tuple[VisitEntry, ...], Len(1, 1000)]


class VisitsPlanned(Reply):
    """How many visits are new, and how many were planned just so."""

    new: int = 0
    same: int = 0


class CaseState(StrEnum):
    """Where a case is. Only a placed one is worked."""

    PLACED = "placed"
    HELD = "held"
    RECALLED = "recalled"
    PAID_OFF = "paid_off"


class HoldReason(StrEnum):
    """Why nobody may work a case for now. Codes alone: a person's story is not here."""

    ALREADY_PAID = "already_paid"
    DISPUTED = "disputed"
    COMPLAINT = "complaint"
    SPECIAL_CIRCUMSTANCES = "special_circumstances"  # 特殊情形
    BANK_DECISION = "bank_decision"


class HoldCase(Command):
    """Nobody may work this case from now on. Holding a held one changes its reason."""

    case_id: UUID
    reason: HoldReason

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ResumeCase(Command):
    """The case may be worked again."""

    case_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class CaseShown(Reply):
    """A case as dispatch knows it, without the person."""

    case_id: UUID
    number: str
    state: CaseState
    version: int


class CaseStanding(Standing):
    """A case: with whom it is, in which state, and by which books it is judged."""

    case_id: UUID
    number: str
    agency_id: UUID
    state: CaseState
    books: tuple[str, ...]

    def key(self) -> UUID:
        return self.case_id

    def urgent(self) -> bool:
        return self.state is not CaseState.PLACED


class CaseOpened(Event):
    """A case was taken in."""

    case_id: UUID
    number: str


class CaseHeld(Event):
    """Nobody may work the case from now on."""

    case_id: UUID
    reason: HoldReason
    at: Moment


class CaseResumed(Event):
    """The case may be worked again."""

    case_id: UUID
    at: Moment


class Sheet(Value):
    """What a pair may know of the person they visit: masked, never more (16.04)."""

    debtor_name: str
    id_number: str
    card_number: str
    address: str


class VisitPlanned(Event):
    """A pair is to visit a door. Carries all the doorstep will need.

    `place` is a sealed `Point`, `sheet` a sealed `Sheet`.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    collectors: tuple[UUID, UUID]
    letter_id: UUID
    place: Sealed
    sheet: Sealed
    zone: str
    not_before: Moment
    not_after: Moment
    books: tuple[str, ...]
