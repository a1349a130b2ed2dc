"""What has happened at a door, as others hear of it."""

from typing import Literal
from uuid import UUID

from proto.base import Event, Moment, Sealed
from proto.decision import Act, Outcome, Text
from proto.dispatch import Currency, Money, PlaceClass
from proto.facts import (
    Claim,
    Relation,
)
from proto.field_visit.words import Cause, Ending, Irregularity, Watch
from proto.media import DeletionReason, Fault, MediaKind, Sha256


class CollectorsArrived(Event):
    """The pair is together at the door and may knock."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    at: Moment


class PairSwapped(Event):
    """Another goes instead of one of the pair, before anybody was at the door (S14).

    `badge` is the sealed new code, found by `badge_blind`: that of before is nobody's.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    collectors: tuple[UUID, UUID]
    letter_id: UUID
    badge: Sealed
    badge_blind: str
    at: Moment


class Judged(Event):
    """An act was asked and not allowed: the shape of the events below."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    decision_id: UUID
    outcome: Outcome
    clauses: tuple[str, ...]
    at: Moment


class CheckInNotAllowed(Judged):
    """The pair may not knock (系统拦截)."""


class TalkNotAllowed(Judged):
    """The debt may not be spoken of (系统拦截)."""


class EntryNotAllowed(Judged):
    """The pair may not come in (系统拦截)."""


class CashNotAllowed(Judged):
    """Nothing may be taken (系统拦截)."""


class LetterNotAllowed(Judged):
    """The letter may not be handed over so (系统拦截)."""


class PaymentCodeNotAllowed(Judged):
    """No payment code may be shown to whoever is there (系统拦截)."""


class ThirdPartyNotAllowed(Judged):
    """Nobody else may be asked (系统拦截)."""


class CashAllowed(Event):
    """So much may be taken, once, by one of these two; a receipt is due at once (4.33).

    `sheet` is a sealed `Sheet`: a receipt names who paid.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    authority_id: UUID
    decision_id: UUID
    collectors: tuple[UUID, ...]
    amount: Money
    currency: Currency
    good_until: Moment
    sheet: Sealed
    at: Moment


class CashTaken(Event):
    """Money was taken, allowed or not.

    `taken` is all that was taken at this visit by now: two phones that note the same
    handing are one handing, so it is the greater of what each has noted.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    amount: Money
    taken: Money
    currency: Currency
    at: Moment


class MoneyLeftBehind(Event):
    """Money was left with the pair against their word."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    amount: Money
    currency: Currency
    counted_by_both: bool
    at: Moment


class ThirdPartyMayBeAsked(Event):
    """Somebody else may be asked once, where the debtor is."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    permit_id: UUID
    decision_id: UUID
    at: Moment


class LetterHandedOver(Event):
    """A letter reached the debtor, or their own letterbox."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    paper_id: UUID
    how: str
    at: Moment


class DebtDisputed(Event):
    """Somebody says that nothing, or not this, is owed: the case is held at once."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    claim: Claim
    at: Moment

    def urgent(self) -> bool:
        return True


class CircumstanceNoted(Event):
    """A special circumstance was met with: the case is held at once.

    `hardship` is sealed: which one it is, is the bank's to know.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    hardship: Sealed
    at: Moment

    def urgent(self) -> bool:
        return True


class ComplaintHeard(Event):
    """A complaint was spoken to the pair."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    at: Moment

    def urgent(self) -> bool:
        return True


class AddressFoundWrong(Event):
    """The debtor does not live there."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    how: str
    at: Moment

    def urgent(self) -> bool:
        return True


class AppointmentRecorded(Event):
    """The debtor named another time, here or at another place (4.06).

    `where` is that place in the debtor's own words, sealed; `place_class` its kind.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    appointment_id: UUID
    starts_at: Moment
    ends_at: Moment
    proof: str
    place: Literal["here", "elsewhere"] = "here"
    place_class: PlaceClass | None = None
    where: Sealed | None = None
    at: Moment


class EntryAllowed(Event):
    """The pair may come in, with all three facts."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    decision_id: UUID
    at: Moment


class PremisesEntered(Event):
    """The pair went in, allowed or not. Each of two phones may tell of it."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    at: Moment


class PremisesLeft(Event):
    """The pair is outside again. Each of two phones may tell of it."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    at: Moment


class ConsentRecorded(Event):
    """Somebody at the door said yes or no to letting the pair in."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    answer: Literal["given", "refused"]
    by: Relation
    at: Moment


class EntryDeclined(Event):
    """An adult at the door does not want the pair inside (客户拒绝)."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    by: Relation
    at: Moment


class BreachRecorded(Event):
    """Something was done that the rules do not allow. It is kept, and it is marked."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    act: Act
    decision_id: UUID | None
    clauses: tuple[str, ...]
    at: Moment


class BreachSuspected(BreachRecorded):
    """A breach that a phone's journal, still on its way, may yet explain (疑似违规)."""


class ClearanceRevoked(Event):
    """What the pair was allowed is taken back: something it rested on has ended.

    `because` is the topic of the standing that ended it.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    because: str
    at: Moment


class CollectorsLeft(Event):
    """The visit is over. `cause`: why it ended early."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    ending: Ending
    cause: Cause | None = None
    at: Moment


class PartnerMissing(Event):
    """One collector has checked in, and the other has not come for some minutes (4.27)."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    collector_id: UUID
    script: Text
    at: Moment


class VisitCutShort(Event):
    """Nothing more is allowed at this door: who is left ends, and leaves (S14, S13).

    By `leave_by`; in danger there is no such moment.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    cause: Cause
    leave_by: Moment | None
    script: Text | None
    at: Moment

    def urgent(self) -> bool:
        return True


class WindowCloses(Event):
    """The hours for visits end in so many minutes, and a pair is at a door (S8)."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    closes_at: Moment
    minutes: int
    script: Text
    at: Moment


class HelpCalled(Event):
    """Somebody at a door called for help. `called_at` is what the phone says.

    `details` are sealed: what it is about, and where the phone was. None of the
    `collectors` goes to that case again.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    help_id: UUID
    collector_id: UUID
    collectors: tuple[UUID, ...] = ()
    called_at: Moment
    details: Sealed | None = None
    at: Moment

    def urgent(self) -> bool:
        return True


class HelpAcknowledged(Event):
    """Somebody acts on a call for help."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    help_id: UUID
    at: Moment

    def urgent(self) -> bool:
        return True


class HelpClimbed(Event):
    """Nobody has acted on a call for help: more people are told, `step` by step."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    help_id: UUID
    to: Watch
    step: int
    called_at: Moment
    at: Moment

    def urgent(self) -> bool:
        return True


class MediaReceived(Event):
    """A photo or sound of a visit is stored, as it was received."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    media_id: UUID
    kind: MediaKind
    sha256: Sha256
    size: int
    at: Moment


class MediaDeleted(Event):
    """A photo or sound was deleted, its copies too; that it was there stays known."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    media_id: UUID
    reason: DeletionReason
    at: Moment


class MediaInspected(Event):
    """A worker has looked at it; `fault` says why it is no evidence, if so."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    media_id: UUID
    kind: MediaKind
    fault: Fault | None
    at: Moment


class JournalIrregular(Event):
    """A phone sent something odd: kept, and never taken for more than it is.

    `first_seq` is the first entry of its kind, of `count`; the content is told to nobody.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    device_id: UUID
    irregularity: Irregularity
    first_seq: int | None
    count: int
    at: Moment


class PaymentTold(Event):
    """Somebody says that they have paid by the bank's own channel (9.09)."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    paid_by: Literal["app", "transfer", "bank_code", "hotline", "branch"]
    at: Moment


class PlausibilityScored(Event):
    """Somebody has looked at a visit's positions: `found` signals speak against them.

    A score and never a verdict, and nothing follows from it by itself. Where anybody was
    is not in it, nor whom it is about.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    found: int
    worth_a_look: bool
    at: Moment


class VisitSealed(Event):
    """A part of a visit's record is sealed: `head` is the hash of what was signed, `leaf`
    its number in the log. `kept` and not `proven`: something is missing.
    """

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    part: int
    grade: Literal["proven", "kept"]
    head: str
    leaf: int
    at: Moment


class VisitCorrected(Event):
    """Somebody says that something in a visit's record is otherwise."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    correction_id: UUID
    at: Moment


class TreeHeadSigned(Event):
    """The head of the log that is given away today was signed: so many seals, this root."""

    size: int
    root: str
    key: str
    at: Moment
