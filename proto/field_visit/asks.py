"""What is asked of a visit, and what is reported of it."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from annotated_types import Len
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from proto.base import Command, Moment, Value
from proto.dispatch import Currency, Money
from proto.field_visit.words import Cause, Danger, Ending
from proto.journal import Journal
from proto.media import Sha256
from proto.places import Position
from proto.signing import Signature, digest


class Presence(Value):
    """One collector, here and now, signed by that collector's own phone.

    The other phone may carry it: a pair with one signal checks in together, by a pairing
    (`proto/pairing.py`). Then both name the visit's `nonce`, and one `answers` the code
    of the other: its `fingerprint`.
    """

    visit_id: UUID
    collector_id: UUID
    device_id: UUID
    position: Position
    at: Moment
    nonce: UUID | None = None
    answers: Sha256 | None = None
    signature: Signature

    def fingerprint(self) -> str:
        """Return the SHA-256 by which another phone answers it, signature and all, hex."""
        return digest(self.model_dump(mode="json", exclude_none=True))


class Closing(Value):
    """Whoever showed the first code has read the answer to it, so much later.

    `elapsed_ms` is by that phone's own monotonic clock: whatever the wall clocks of the
    two phones say, it tells how long the pairing took.
    """

    device_id: UUID
    answer: Sha256
    elapsed_ms: int = Field(ge=0, le=86_400_000)
    signature: Signature


class AtTheDoor(Command):
    """A command about one visit; the phone's journal, when it carries one, moves too."""

    visit_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        others = (each for each in self.others() if each != self.visit_id)
        return (self.visit_id, *self.devices(), *others)

    def writers(self) -> tuple[UUID, ...]:
        """Return the phones whose journals it may add to."""
        journal: Journal | None = getattr(self, "journal", None)
        return (journal.device_id,) if journal else ()

    def others(self) -> tuple[UUID, ...]:
        """Return the visits that the phone's journal tells of as well."""
        journal: Journal | None = getattr(self, "journal", None)
        return journal.visits() if journal else ()

    def devices(self) -> tuple[UUID, ...]:
        """Return the phones that it must be shown to come from."""
        journal: Journal | None = getattr(self, "journal", None)
        return (journal.device_id,) if journal else ()


class CheckIn(AtTheDoor):
    """Collectors are at the door: one for itself, or both whose phones have paired.

    `closing` may come with both: without it, the two clocks tell how long that took.
    """

    present: Annotated[tuple[Presence, ...], Len(1, 2)]
    closing: Closing | None = None

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)

    def devices(self) -> tuple[UUID, ...]:
        return tuple(presence.device_id for presence in self.present)


class RecordJournal(AtTheDoor):
    """Facts from one phone. What was done is kept, also when it broke a rule."""

    journal: Journal


class ShowJournal(Command):
    """What the phones have told of a visit, and what the rules say of it.

    `after` is a number in the order of arrival: at most `limit` entries that came later.
    """

    visit_id: UUID
    after: int = Field(default=0, ge=0, le=2**53 - 1)
    limit: int = Field(default=100, ge=1, le=500)


class DiscussDebt(AtTheDoor):
    """May we speak of the debt? Carries what the service may not have heard yet."""

    journal: Journal | None = None


class EnterPremises(AtTheDoor):
    """May we come in? `reason` is one of the bank's special reasons (4.28)."""

    reason: Annotated[str, Field(max_length=64, pattern=r"^[a-z_]+$")] | None = None
    journal: Journal | None = None


class Offered(StrEnum):
    """What somebody wants to hand over."""

    CASH = "cash"
    CHEQUE = "cheque"  # 现金支票
    GOODS = "goods"


class CollectCash(AtTheDoor):
    """May we take this? Asked live, before the hand moves (4.30 to 4.32)."""

    what: Offered = Offered.CASH
    amount: Money
    currency: Currency = "CNY"
    journal: Journal | None = None


class HandOverLetter(AtTheDoor):
    """May we hand this letter over, or put it into the debtor's own letterbox (4.24)?"""

    how: Literal["in_person", "letterbox", "posted"]
    journal: Journal | None = None


class AskThirdParty(AtTheDoor):
    """May we ask somebody else where the debtor is, and nothing more (4.18 13.11)?"""

    purpose: Literal["locate", "verify"] = "locate"
    journal: Journal | None = None


class ShowPaymentCode(AtTheDoor):
    """May we show the bank's payment code (付款码) to whoever stands here (9.09 4.30)?"""

    journal: Journal | None = None


class SignOffHour(Command):
    """A supervisor vouches that a debtor can only be reached then (21.085, X2).

    Like an appointment it is used once, and worth nothing afterwards.
    """

    grant_id: UUID
    visit_id: UUID
    starts_at: Moment
    ends_at: Moment
    reason: Annotated[str, Field(min_length=1, max_length=200)]

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class SwapPartner(Command):
    """One of the pair cannot come (S14): another goes instead, by another letter.

    Before anybody has checked in. `letter_id` is the bank's letter for the two who go now;
    it may be the one of before, if that names them. Badge, pack and grant of before are
    worth nothing from then on.
    """

    visit_id: UUID
    leaves: UUID
    comes: UUID
    letter_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class LookAround(Command):
    """Who waits at a door where nobody has opened? Said by the service to itself."""


class GiveUpWaiting(Command):
    """Does anything wait for what never comes? Said by the service to itself."""


class ExpectLeft(Command):
    """Have they left by now? Said by a visit that was cut short to itself (S14)."""

    visit_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class ClimbHelp(Command):
    """Does anybody act on it by now? Said by a visit to itself after a cry for help."""

    visit_id: UUID
    help_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class EndStay(Command):
    """Is the pair outside by now? Said by the visit to itself at a no."""

    visit_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class SummonHelp(AtTheDoor):
    """Something is wrong here, and somebody must know at once (S13). Judged by nothing.

    It goes before all else. What it is about and where the phone is may be left out: the
    call comes first. Both are sealed when they are kept.
    """

    first: ClassVar[bool] = True

    help_id: UUID
    device_id: UUID
    at: Moment
    kind: Danger = Danger.OTHER
    position: Position | None = None

    def devices(self) -> tuple[UUID, ...]:
        return (self.device_id,)


class AcknowledgeHelp(Command):
    """A supervisor or the bank has heard the call, and acts."""

    first: ClassVar[bool] = True

    visit_id: UUID
    help_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class ShowHelp(Command):
    """What a call for help is about and where it came from, for whoever may act on it."""

    first: ClassVar[bool] = True

    visit_id: UUID
    help_id: UUID


class CheckBadge(Command):
    """Whether the two people at my door are mandated today, by the code they showed."""

    code: Annotated[str, Field(min_length=4, max_length=40)]


def theirs_to_tell(ending: Ending) -> Ending:
    """Return how a pair says that a visit ended.

    Raises PydanticCustomError for what nobody says of their own visit.
    """
    if ending is Ending.NEVER_ENDED:
        others = ", ".join(each for each in Ending if each is not Ending.NEVER_ENDED)
        raise PydanticCustomError("enum", "see gateway/catalogue", {"expected": others})
    return ending


class CheckOut(AtTheDoor):
    """The pair is leaving. One that ended early says why, unless we know it.

    `not_admitted` needs no check-in: the pair may have been turned away at a gate (S4).
    """

    ending: Annotated[Ending, AfterValidator(theirs_to_tell)]
    cause: Cause | None = None
    journal: Journal | None = None


class ShowVisit(Command):
    """What is known of a visit, for those who may see it."""

    visit_id: UUID


class ListVisits(Command):
    """The visits the asker may see, soonest first: at most `limit`, after `after`."""

    limit: int = Field(default=50, ge=1, le=200)
    after: UUID | None = None
