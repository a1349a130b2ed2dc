"""Field visits: a pair of field collectors (外访员), a door, and whoever opens it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from annotated_types import Len
from pydantic import Field

from proto.base import Command, Event, Moment, Reply, Value
from proto.decision import Act, Decision, Outcome, Text
from proto.dispatch import Sheet
from proto.places import Position
from proto.signing import Signature, digest

#: What the first entry of a device names as the one before it.
GENESIS = "0" * 64


class Presence(Value):
    """One collector, here and now, signed by that collector's own phone.

    The other phone may carry it: a pair with one signal checks in together.
    """

    visit_id: UUID
    collector_id: UUID
    device_id: UUID
    position: Position
    at: Moment
    signature: Signature


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
    """Somebody opened."""

    kind: Literal["person_met"] = "person_met"
    relation: Relation


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


Fact = Annotated[
    Introduced
    | PersonMet
    | Identified
    | ConsentGiven
    | ConsentWithdrawn
    | Objected
    | Entered
    | Left,
    Field(discriminator="kind"),
]


class Entry(Value):
    """One fact in a phone's journal: gapless by `seq` (from 1), linked by `prev`.

    `prev` is the `link` of the entry before it on that device, over all its visits.
    """

    seq: int = Field(ge=1, le=2**53 - 1)
    visit_id: UUID
    at: Moment
    prev: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    fact: Fact

    def link(self) -> str:
        """Return the SHA-256 the next entry names, hex."""
        return digest(self.model_dump(mode="json"))


class Journal(Value):
    """Entries of one phone, in order; the phone signed the head (the last link)."""

    device_id: UUID
    entries: Annotated[tuple[Entry, ...], Len(1, 200)]
    signature: Signature

    def head(self) -> bytes:
        """Return the bytes that were signed: the last entry's link, as ASCII."""
        return self.entries[-1].link().encode()


class AtTheDoor(Command):
    """A command about one visit; the phone's journal, when it carries one, moves too."""

    visit_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id, *self.devices())

    def devices(self) -> tuple[UUID, ...]:
        """Return the phones that it must be shown to come from."""
        journal: Journal | None = getattr(self, "journal", None)
        return (journal.device_id,) if journal else ()


class CheckIn(AtTheDoor):
    """Collectors are at the door: one of them, or both if one phone carries the pair."""

    present: Annotated[tuple[Presence, ...], Len(1, 2)]

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)

    def devices(self) -> tuple[UUID, ...]:
        return tuple(presence.device_id for presence in self.present)


class RecordJournal(AtTheDoor):
    """Facts from one phone. What was done is kept, also when it broke a rule."""

    journal: Journal


class DiscussDebt(AtTheDoor):
    """May we speak of the debt? Carries what the service may not have heard yet."""

    journal: Journal | None = None


class EnterPremises(AtTheDoor):
    """May we come in? `reason` is one of the bank's special reasons (4.28)."""

    reason: Annotated[str, Field(max_length=64)] | None = None
    journal: Journal | None = None


class Ending(StrEnum):
    """How a visit ended, as the pair tells it."""

    TALKED = "talked"
    NOBODY_HOME = "nobody_home"
    THIRD_PARTY = "third_party"
    NOT_ADMITTED = "not_admitted"
    DECLINED = "declined"  # 客户拒绝
    WRONG_ADDRESS = "wrong_address"


class CheckOut(AtTheDoor):
    """The pair is leaving."""

    ending: Ending
    journal: Journal | None = None


class ShowVisit(Command):
    """What is known of a visit, for those who may see it."""

    visit_id: UUID


class ListVisits(Command):
    """The visits the asker may see, soonest first: at most `limit`, after `after`."""

    limit: int = Field(default=50, ge=1, le=200)
    after: UUID | None = None


class Ahead(Value):
    """What the rulebook will say of an act, should the door open so."""

    act: Act
    when: str
    outcome: Outcome
    clauses: tuple[str, ...]


class Clearance(Reply):
    """May the pair do what they asked; what to say; what each next answer will mean."""

    visit_id: UUID
    decision: Decision
    script: Text | None = None
    ahead: tuple[Ahead, ...] = ()

    def result(self) -> str:
        return self.decision.outcome.value

    def permit_until(self) -> datetime | None:
        return self.decision.good_until


class Received(Reply):
    """The journal is kept through this entry of this phone; `new` were not known before."""

    visit_id: UUID
    device_id: UUID
    through: int
    new: int


class VisitState(StrEnum):
    PLANNED = "planned"
    ARRIVING = "arriving"
    CLEARED = "cleared"
    CLOSED = "closed"


class VisitShown(Reply):
    """A visit as a phone or a supervisor sees it: masked."""

    visit_id: UUID
    case_id: UUID
    state: VisitState
    collectors: tuple[UUID, UUID]
    present: tuple[UUID, ...]
    not_before: Moment
    not_after: Moment
    zone: str
    inside: bool
    ending: Ending | None
    sheet: Sheet | None


class VisitList(Reply):
    visits: tuple[VisitShown, ...]


class Closed(Reply):
    """The visit is over."""

    visit_id: UUID
    ending: Ending


class CollectorsArrived(Event):
    """The pair is together at the door and may knock."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    at: Moment


class Judged(Event):
    """An act was asked and not allowed: the shape of the three events below."""

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


class EntryAllowed(Event):
    """The pair may come in, with all three facts."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    decision_id: UUID
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
    decision_id: UUID
    clauses: tuple[str, ...]
    at: Moment


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
    """The visit is over."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    ending: Ending
    at: Moment
