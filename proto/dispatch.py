"""Dispatch: which case is worked, by whom, and when its door is visited."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from annotated_types import Len
from pydantic import Field

from proto.base import Command, Event, Moment, Reply, Sealed, Standing, Value
from proto.places import Point
from proto.workforce import Code, Name

Money = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class PlaceClass(StrEnum):
    """What kind of place a door is of. All but a home are closed without a plan (S12).

    A public one, a cafe, is open by the debtor's own appointment there, and closed else.
    """

    HOME = "home"
    PUBLIC = "public"
    WORKPLACE = "workplace"
    SCHOOL = "school"
    HOSPITAL = "hospital"
    FUNERAL = "funeral"
    UNKNOWN = "unknown"


class Place(Point):
    """Where a door is, and of what kind its place is: kept sealed."""

    place_class: PlaceClass = PlaceClass.HOME


class Address(Value):
    """A door: where it is, and by which wall clock its people live (an IANA zone)."""

    text: Annotated[str, Field(min_length=1, max_length=400)]
    point: Point
    zone: str = "Asia/Shanghai"
    place_class: PlaceClass = PlaceClass.HOME


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
    currency: Currency = "CNY"
    overdue_since: date


class OpenCases(Command):
    """Take these cases in and place them. All or none."""

    bulk: ClassVar[bool] = True

    cases: Annotated[tuple[CaseEntry, ...], Len(1, 5000)]


class CasesOpened(Reply):
    """How many cases are new, and how many were known just so."""

    new: int = 0
    same: int = 0


class PaperEntry(Value):
    """A letter to hand over on a visit: from which template, and how it may be given."""

    paper_id: UUID
    template: Code
    how: Literal["in_person", "letterbox"]


class Elsewhere(Value):
    """Where a visit goes by an appointment (约定外访), instead of the debtor's own door.

    Of what kind the place is, the appointment says. It is no address of the debtor: no
    other visit goes there by it (16.04).
    """

    appointment_id: UUID
    text: Annotated[str, Field(min_length=1, max_length=400)]
    point: Point
    zone: str = "Asia/Shanghai"


class VisitEntry(Value):
    """A pair is to visit a case's door, with this letter, between these moments.

    `letter_id` is their authorisation letter, `paper` one for the debtor (催收函);
    `elsewhere` where they go instead of the door, by the debtor's own word (4.06).
    """

    visit_id: UUID
    case_id: UUID
    collectors: tuple[UUID, UUID]
    letter_id: UUID
    not_before: Moment
    not_after: Moment
    paper: PaperEntry | None = None
    elsewhere: Elsewhere | None = None


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
    DANGER = "danger"  # somebody called for help at its door


class HoldCase(Command):
    """Nobody may work this case from now on, until each reason is lifted.

    `owner_id` is the account that answers for it, else whoever asks; `review_on` the day
    it is looked at again, else the next working day; who has paid already is answered
    today, while the bank works. A hold that is there already is renewed: what is not named
    stays, and that it was asked for again is noted. A complaint's hold is the complaints
    desk's.
    """

    case_id: UUID
    reason: HoldReason
    owner_id: UUID | None = None
    review_on: date | None = None

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


#: A time of day at the debtor's door, `19:30`.
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class ContactPlan(Value):
    """How somebody in special circumstances may be approached (4.21 4.22): the bank's word.

    Between these times of day, up to and with this day.
    """

    opens: TimeOfDay
    closes: TimeOfDay
    until: date


#: Relatives of the debtor who may owe the debt too. All others are third parties for good.
LiableRelation = Literal["spouse", "parent", "child", "kin"]


class TypeLiable(Command):
    """The bank says that this relative owes the debt too. Saying so again is harmless.

    The name is sealed when it is kept, and the doorstep is told the relation alone.
    """

    case_id: UUID
    liable_id: UUID
    relation: LiableRelation
    owes_as: Literal["guarantor", "co_debtor", "heir"]
    name: Name
    since: date

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ReleaseLiable(Command):
    """This relative does not owe it after all, or no more: a third party from now on."""

    case_id: UUID
    liable_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ResumeCase(Command):
    """This reason is gone; without another one the case may be worked again.

    `version` is that of the case one looked at: whatever was added since was not looked
    at, and is not lifted. Special circumstances are lifted with a plan or not at all. A
    complaint's hold ends with the complaint.
    """

    case_id: UUID
    reason: HoldReason
    version: Annotated[int, Field(ge=1)]
    plan: ContactPlan | None = None

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ReviewHold(Command):
    """The hold was looked at, and stays: until this day, and then again."""

    case_id: UUID
    reason: HoldReason
    review_on: date

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class HoldReviewFalls(Command):
    """The review day of a hold has come. Said by the case to itself."""

    case_id: UUID
    reason: HoldReason
    review_on: date

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class EndAppointment(Command):
    """The hour that the debtor named is over: where it was is forgotten (16.04).

    Said by the case to itself.
    """

    case_id: UUID
    appointment_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class RecallCase(Command):
    """The bank takes the case back (撤案): nobody works it any more."""

    case_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class MarkPaidOff(Command):
    """The bank's ledger says that nothing is owed any more (结清)."""

    case_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ReportDanger(Command):
    """The bank has reported what happened at a door to the police, or finds no need to.

    `file_number` is the one the police gave; it is sealed when it is kept (21.054).
    """

    case_id: UUID
    danger_id: UUID
    outcome: Literal["reported", "nothing_to_report"]
    file_number: Annotated[str, Field(min_length=1, max_length=64)] | None = None

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class DangerReportFalls(Command):
    """Is what happened reported by now? Said by the case to itself (21.054)."""

    case_id: UUID
    danger_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class CloseAddress(Command):
    """The door of this case was found wrong for another one. Said by dispatch to itself."""

    case_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ReopenAddress(Command):
    """The bank has made sure that the debtor lives there after all."""

    case_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ShowCase(Command):
    """A case with its holds, for the bank."""

    case_id: UUID


class HoldShown(Value):
    """One reason why a case is held, who answers for it, and when it is reviewed.

    It was asked for so many `times`: first at `since`, and last at `last_at`.
    """

    reason: HoldReason
    owner_id: UUID
    review_on: date
    since: Moment
    times: int
    last_at: Moment


class DangerShown(Value):
    """Danger at a door of the case, and what the bank still has to do about it.

    Until it has an `outcome` it is an open duty, by these clauses and until `report_by`;
    where no book sets a term there is neither.
    """

    danger_id: UUID
    visit_id: UUID
    since: Moment
    clauses: tuple[str, ...]
    report_by: Moment | None
    outcome: str | None
    reported_at: Moment | None


class LiableShown(Value):
    """A relative who owes the debt too, without the name."""

    liable_id: UUID
    relation: LiableRelation
    owes_as: Literal["guarantor", "co_debtor", "heir"]
    since: date


class CaseShown(Reply):
    """A case as the bank sees it, without the person. `dangers`: where it is asked for."""

    case_id: UUID
    number: str
    state: CaseState
    version: int
    address_open: bool
    holds: tuple[HoldShown, ...]
    liable: tuple[LiableShown, ...] = ()
    dangers: tuple[DangerShown, ...] = ()


class CaseStanding(Standing):
    """A case: with whom it is, in which state, and by which books it is judged.

    `special`: there are special circumstances, and no contact but by the `plan`.
    `liable`: the relatives who owe the debt too, by their relation.
    """

    case_id: UUID
    number: str
    agency_id: UUID
    state: CaseState
    books: tuple[str, ...]
    address_open: bool = True
    special: bool = False
    plan: ContactPlan | None = None
    liable: tuple[LiableRelation, ...] = ()

    def key(self) -> UUID:
        return self.case_id

    def urgent(self) -> bool:
        """Also with a plan: a narrower one ends what the one before allowed."""
        shut = self.state is not CaseState.PLACED or not self.address_open
        return shut or self.special


class CaseOpened(Event):
    """A case was taken in."""

    case_id: UUID
    number: str


class CaseHeld(Event):
    """Nobody may work the case from now on. Why, and who answers for it, is the bank's.

    Said again when somebody else answers for it, when it is reviewed on another day, and
    each time that it is asked for; `times` says how often it was.
    """

    case_id: UUID
    reason: HoldReason
    owner_id: UUID
    review_on: date
    times: int = 1
    at: Moment


class CaseResumed(Event):
    """A reason to hold the case is gone; others may be left."""

    case_id: UUID
    reason: HoldReason
    at: Moment


class LiabilityTyped(Event):
    """The bank has said of a relative that they owe the debt too, or do not any more."""

    case_id: UUID
    liable_id: UUID
    by: LiableRelation
    owes: bool
    at: Moment


class WorkStopped(Event):
    """Nobody may work the case for now: the first reason to hold it has come.

    This is all that its agency is told of holds, and it is told once: neither why, nor
    that there is a second reason.
    """

    case_id: UUID
    agency_id: UUID
    at: Moment


class WorkResumed(Event):
    """The case may be worked again: the last reason to hold it has gone."""

    case_id: UUID
    agency_id: UUID
    at: Moment


class HoldReviewDue(Event):
    """A hold has come to its review day and is still there."""

    case_id: UUID
    reason: HoldReason
    owner_id: UUID
    at: Moment


class DangerNoted(Event):
    """Somebody was in danger at a door of the case: the bank reports it by then.

    Where no book sets a term, there is no `report_by`.
    """

    case_id: UUID
    visit_id: UUID
    danger_id: UUID
    clauses: tuple[str, ...]
    report_by: Moment | None
    at: Moment


class DangerReported(Event):
    """The bank has reported it to the police, or finds no need to."""

    case_id: UUID
    visit_id: UUID
    danger_id: UUID
    report: Literal["reported", "nothing_to_report"]
    at: Moment


class DangerReportOverdue(Event):
    """It was to be reported by now and was not."""

    case_id: UUID
    visit_id: UUID
    danger_id: UUID
    clauses: tuple[str, ...]
    at: Moment


class CaseRecalled(Event):
    """The bank took the case back."""

    case_id: UUID
    agency_id: UUID | None = None
    at: Moment


class DebtPaidOff(Event):
    """Nothing is owed any more."""

    case_id: UUID
    agency_id: UUID | None = None
    at: Moment


class AddressClosed(Event):
    """No visit and no letter goes there until the bank opens it again."""

    case_id: UUID
    agency_id: UUID | None = None
    at: Moment


class AddressReopened(Event):
    """The bank has made sure: the door may be gone to again."""

    case_id: UUID
    agency_id: UUID | None = None
    at: Moment


class Sheet(Value):
    """What a pair may know of the person they visit: masked, never more (16.04).

    `named` is where the debtor said they would be, word for word, when the address is
    another than their own.
    """

    debtor_name: str
    id_number: str
    card_number: str
    address: str
    named: str | None = None


class VisitPlanned(Event):
    """A pair is to visit a door. Carries all the doorstep will need.

    `place` is a sealed `Place`, `sheet` a sealed `Sheet`, `badge` the sealed code by
    which anybody at the door finds out about the pair, found by `badge_blind`: a visit
    planned before there were codes has neither. By an `appointment_id` the door is that of
    another place, where the debtor said they would be.
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
    badge: Sealed | None = None
    badge_blind: str | None = None
    paper: PaperEntry | None = None
    appointment_id: UUID | None = None


class LegalHoldReason(StrEnum):
    """Who has ordered that a case is kept. A closed list; the order itself is named by a
    reference, which is sealed.
    """

    COURT = "court"
    PROSECUTOR = "prosecutor"
    POLICE = "police"
    REGULATOR = "regulator"
    AUDIT = "audit"


class LegalHoldEnd(StrEnum):
    """Why a legal hold is lifted."""

    ORDER_ENDED = "order_ended"
    PROCEEDINGS_OVER = "proceedings_over"
    MISTAKE = "put_by_mistake"


class PutLegalHold(Command):
    """An authority or a court has ordered that this case is kept: nothing of it is erased,
    shredded or forgotten until compliance lifts it. Saying so again is harmless.
    """

    case_id: UUID
    hold_id: UUID
    reason: LegalHoldReason
    reference: Annotated[str, Field(min_length=1, max_length=500)]

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class LiftLegalHold(Command):
    """The order is over; another one on the same case stays. Twice is harmless."""

    case_id: UUID
    hold_id: UUID
    reason: LegalHoldEnd

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class ShowLegalHolds(Command):
    """Every legal hold that there was on a case, for compliance."""

    case_id: UUID


class LegalHoldKnown(Reply):
    """Whether a legal hold stands, and whether any does on its case."""

    case_id: UUID
    hold_id: UUID
    stands: bool
    case_held: bool


class LegalHoldShown(Value):
    """One legal hold. `reference` is absent where nothing opens it any more."""

    hold_id: UUID
    reason: LegalHoldReason
    reference: str | None
    put_at: Moment
    put_by: str
    lifted_at: Moment | None = None
    lifted_by: str | None = None
    lifted_why: LegalHoldEnd | None = None


class LegalHolds(Reply):
    """The legal holds of a case, the oldest first."""

    case_id: UUID
    holds: tuple[LegalHoldShown, ...]


class LegalHoldPut(Event):
    """Nothing of this case is erased until it is lifted."""

    case_id: UUID
    hold_id: UUID
    reason: LegalHoldReason
    at: Moment


class LegalHoldLifted(Event):
    """A legal hold is over; `case_held` while another one stands."""

    case_id: UUID
    hold_id: UUID
    reason: LegalHoldEnd
    case_held: bool
    at: Moment
