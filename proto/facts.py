"""What may have happened at a door: the facts that a phone writes into its journal."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from annotated_types import Len
from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from proto.base import Moment, Value
from proto.dispatch import Currency, Money, PlaceClass
from proto.media import MediaKind, Sha256
from proto.places import Position

#: Where somebody will be, in their own words.
Where = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class Relation(StrEnum):
    """Who opened, as far as the pair can tell. All but the debtor are third parties."""

    DEBTOR = "debtor"
    SPOUSE = "spouse"
    PARENT = "parent"
    CHILD = "child"
    KIN = "kin"
    TENANT = "tenant"
    NEIGHBOUR = "neighbour"
    COLLEAGUE = "colleague"
    GUARD = "guard"
    UNKNOWN = "unknown"


class MaskedItem(StrEnum):
    """What a person may be confirmed by: the person says it, the phone shows it masked."""

    ID_TAIL = "id_tail"
    CARD_TAIL = "card_tail"
    BIRTH_YEAR = "birth_year"
    ADDRESS = "address"


class Introduced(Value):
    """The pair said who mandated them and showed badge and letter (21.034 21.035)."""

    kind: Literal["introduced"] = "introduced"
    mandate_declared: bool
    badge_shown: bool
    letter_shown: bool


class PersonMet(Value):
    """Somebody opened. Not `capable`: a child, drunk, confused or visibly unable (S3)."""

    kind: Literal["person_met"] = "person_met"
    relation: Relation
    capable: bool = True


class Identified(Value):
    """The person is the debtor: said the name, and these items fitted the masked ones."""

    kind: Literal["identified"] = "identified"
    name_said: bool
    items: Annotated[tuple[MaskedItem, ...], Len(0, 4)]


class ConsentGiven(Value):
    """Somebody was asked whether the pair may come in, and answered."""

    kind: Literal["consent"] = "consent"
    answer: Literal["given", "refused"]
    by: Relation


class ConsentWithdrawn(Value):
    """The person who let the pair in wants them out."""

    kind: Literal["consent_withdrawn"] = "consent_withdrawn"
    by: Relation


class Objected(Value):
    """An adult who is present does not want the pair inside."""

    kind: Literal["objected"] = "objected"
    by: Relation


class Entered(Value):
    """The pair went in, allowed or not."""

    kind: Literal["entered"] = "entered"


class Left(Value):
    """The pair is outside again."""

    kind: Literal["left"] = "left"


class Stopped(StrEnum):
    """Why a recorder stopped. Only the end of the visit is a good reason (21.088)."""

    FINISHED = "finished"
    OBJECTED = "objected"
    BATTERY = "battery"
    BROKEN = "broken"
    INTERRUPTED = "interrupted"


class Recording(Value):
    """The recorder was started or stopped, announced in the first sentence (21.088)."""

    kind: Literal["recording"] = "recording"
    announced: bool
    running: bool
    reason: Stopped | None = None


class ThirdPartyAnswer(Value):
    """Somebody else was asked to be asked; anything but a yes ends it (4.18 4.20)."""

    kind: Literal["third_party_answer"] = "third_party_answer"
    answer: Literal["agrees", "refuses", "does_not_know", "annoyed"]
    by: Relation


class Claim(StrEnum):
    """Why somebody says that nothing, or not this, is owed (4.12 4.13)."""

    ALREADY_PAID = "already_paid"
    WRONG_AMOUNT = "wrong_amount"
    NEVER_APPLIED = "never_applied"
    NEVER_SPENT = "never_spent"


class Disputed(Value):
    """Somebody says so. Visitors neither judge it nor look at a screen held out to them."""

    kind: Literal["disputed"] = "disputed"
    claim: Claim


class Hardship(StrEnum):
    """A special circumstance (特殊情形). Seen by the bank alone."""

    ILLNESS = "illness"
    PREGNANCY = "pregnancy"
    BEREAVEMENT = "bereavement"
    DEATH = "death"
    HOSPITAL = "hospital"
    DETENTION = "detention"
    INCAPACITY = "incapacity"
    BANKRUPTCY = "bankruptcy"
    LAWYER = "lawyer"


class Circumstance(Value):
    """Illness, death, a lawyer: the case is held, and nobody is asked for papers (4.21).

    Which one it is need not be said; if it is, it is sealed when it is kept.
    """

    kind: Literal["circumstance"] = "circumstance"
    hardship: Hardship | None = None


class CashHanded(Value):
    """Money was taken, allowed or not."""

    kind: Literal["cash_handed"] = "cash_handed"
    amount: Money
    currency: Currency = "CNY"


class MoneyRefused(Value):
    """Money or goods were offered, and refused aloud (4.30 21.038)."""

    kind: Literal["money_refused"] = "money_refused"


class MoneyLeft(Value):
    """Money was left behind all the same: counted by both, and never a payment (S10)."""

    kind: Literal["money_left"] = "money_left"
    amount: Money
    currency: Currency = "CNY"
    counted_by_both: bool


class Appointment(Value):
    """The debtor named another time (4.06): single use, and worth nothing afterwards.

    `proof` says how the debtor agreed: spoken on the recording, or signed. `where` is the
    other place in the debtor's own words, sealed when it is kept; `place_class` what kind
    of place the pair took it for. Not said, it is closed like any that is not known.
    """

    kind: Literal["appointment"] = "appointment"
    starts_at: Moment
    ends_at: Moment
    place: Literal["here", "elsewhere"] = "here"
    where: Where | None = Field(default=None, validate_default=True)
    place_class: PlaceClass | None = None
    proof: Literal["spoken", "signed"]

    @field_validator("where", mode="after")
    @classmethod
    def _of_another_place(cls, where: str | None, info: ValidationInfo) -> str | None:
        """Refuse another place that nobody named, and a name for this door."""
        elsewhere = info.data.get("place") == "elsewhere"
        if elsewhere and where is None:
            raise PydanticCustomError("where_missing", "see gateway/catalogue")
        if not elsewhere and where is not None and "place" in info.data:
            raise PydanticCustomError("where_of_here", "see gateway/catalogue")
        return where

    @field_validator("place_class", mode="after")
    @classmethod
    def _of_its_kind(
        cls, place_class: PlaceClass | None, info: ValidationInfo
    ) -> PlaceClass | None:
        """Refuse to have this door called anything else than the bank has it."""
        if place_class is not None and info.data.get("place") == "here":
            raise PydanticCustomError("where_of_here", "see gateway/catalogue")
        return place_class


class ComplaintMade(Value):
    """A complaint was spoken to the pair. The bank hears it; the agency hears no more."""

    kind: Literal["complaint"] = "complaint"


class WrongAddress(Value):
    """Nobody of that name lives here: the address is closed until the bank opens it."""

    kind: Literal["wrong_address"] = "wrong_address"
    how: Literal["moved", "new_occupant", "never_here"]


class LetterGiven(Value):
    """A letter was handed over, or put into the debtor's own letterbox (4.24)."""

    kind: Literal["letter_given"] = "letter_given"
    how: Literal["in_person", "letterbox", "posted"]


class ShiftStarted(Value):
    """The collector is on duty from now on. Pressed by the collector, and shown."""

    kind: Literal["shift_started"] = "shift_started"


class ShiftEnded(Value):
    """The collector is off duty: no position is taken from now on."""

    kind: Literal["shift_ended"] = "shift_ended"


class Anchored(Value):
    """The phone asked the time at `asked_ms` and was told at `got_ms` since its boot.

    What it was told is kept under `anchor_id` (`proto/anchors.py`); with it the phone's
    monotonic clock bounds when its other entries were made.
    """

    kind: Literal["anchored"] = "anchored"
    anchor_id: UUID
    asked_ms: int = Field(ge=0, le=2**53 - 1)
    got_ms: int = Field(ge=0, le=2**53 - 1)


class PositionNoted(Value):
    """Where the phone believed it was, within the shift. Sealed when it is kept.

    `mocked`: the phone says that an app made it up. Absent is what it cannot tell.
    """

    kind: Literal["position"] = "position"
    position: Position
    provider: Literal["satellite", "network", "fused"] | None = None
    mocked: bool | None = None
    satellites: int | None = Field(default=None, ge=0, le=200)
    speed_m_s: float | None = Field(default=None, ge=0, le=1_000, allow_inf_nan=False)


class AtTheGate(Value):
    """The pair came as far as a gate, a reception, a guard (S4). Sealed: its position."""

    kind: Literal["at_the_gate"] = "at_the_gate"
    admitted: bool
    position: Position | None = None


class Knocked(Value):
    """Somebody knocked or rang; nobody has opened yet (S6)."""

    kind: Literal["knocked"] = "knocked"
    times: int = Field(ge=1, le=50)


class DebtDiscussed(Value):
    """The debt was spoken of, allowed or not (4.10)."""

    kind: Literal["debt_discussed"] = "debt_discussed"


class PaidByChannel(Value):
    """Somebody paid there and then by the bank's own channel (9.09). No money moved.

    `sha256`: by which payment code, as far as the phone has shown one.
    """

    kind: Literal["paid_by_channel"] = "paid_by_channel"
    channel: Literal["app", "transfer", "bank_code", "hotline", "branch"]
    sha256: Sha256 | None = None


class PaymentCodeShown(Value):
    """A payment code (付款码) was held out, by its digest: the bank's own, or another."""

    kind: Literal["payment_code_shown"] = "payment_code_shown"
    sha256: Sha256


class MediaNoted(Value):
    """A photo was taken, or a recording ended: its digest, before anything is sent."""

    kind: Literal["media_noted"] = "media_noted"
    media_id: UUID
    media: MediaKind
    sha256: Sha256


class Conduct(Value):
    """The checklist at the end (21.086 21.089 21.091 13.04): each a yes or a no.

    `no_own_code`: nobody held out a payment code of their own (4.30). A phone of before
    does not say.
    """

    kind: Literal["conduct"] = "conduct"
    decent_appearance: bool
    nobody_touched: bool
    nobody_threatened: bool
    nothing_posted: bool
    nothing_taken: bool
    no_own_code: bool | None = None


class DebtorSigned(Value):
    """The debtor's own signature, by its picture's digest, and remarks, sealed when kept.

    `remarks` are written by the debtor, about anything: the visit too.
    """

    kind: Literal["debtor_signed"] = "debtor_signed"
    sha256: Sha256 | None = None
    remarks: Annotated[str, Field(max_length=500)] | None = None


class HelpPressed(Value):
    """The help button was pressed; the call itself goes before all else (S13)."""

    kind: Literal["help_pressed"] = "help_pressed"
    help_id: UUID


class PartnerGone(Value):
    """One of the pair cannot go on: the other has some minutes to end and leave (S14)."""

    kind: Literal["partner_gone"] = "partner_gone"
    cause: Literal["ill", "phone_dead", "walked_off", "out_of_service", "danger"]


class FilmAgreed(Value):
    """Somebody was asked whether film may go on inside, and answered (18.03).

    Only the debtor's own yes counts; anybody's no ends it.
    """

    kind: Literal["film_agreed"] = "film_agreed"
    answer: Literal["given", "refused"]
    by: Relation


Fact = Annotated[
    Introduced
    | PersonMet
    | Identified
    | ConsentGiven
    | ConsentWithdrawn
    | Objected
    | Entered
    | Left
    | Recording
    | ThirdPartyAnswer
    | Disputed
    | Circumstance
    | CashHanded
    | MoneyRefused
    | MoneyLeft
    | Appointment
    | ComplaintMade
    | WrongAddress
    | LetterGiven
    | ShiftStarted
    | ShiftEnded
    | Anchored
    | PositionNoted
    | AtTheGate
    | Knocked
    | DebtDiscussed
    | PaidByChannel
    | PaymentCodeShown
    | MediaNoted
    | Conduct
    | DebtorSigned
    | HelpPressed
    | PartnerGone
    | FilmAgreed,
    Field(discriminator="kind"),
]

#: Facts that may be of no visit: of the collector's day.
OF_THE_DAY = (ShiftStarted, ShiftEnded, Anchored, PositionNoted)

#: What is personal in a fact, or the bank's alone to know: sealed when it is kept, and in a
#: journal with salts no part of what is signed but its salted hash.
PERSONAL: dict[type[Value], frozenset[str]] = {
    PositionNoted: frozenset({"position", "provider", "mocked", "satellites", "speed_m_s"}),
    AtTheGate: frozenset({"position"}),
    DebtorSigned: frozenset({"remarks"}),
    Appointment: frozenset({"where"}),
    Circumstance: frozenset({"hardship"}),
}


def hides(fact: Fact) -> tuple[str, ...] | None:
    """Return the members of a fact that a journal with salts hides; none has any."""
    names = PERSONAL.get(type(fact))
    return tuple(sorted(names)) if names else None
