"""What a phone, a supervisor or somebody at the door is told of a visit."""

from uuid import UUID

from proto.base import Detail, Moment, Reply, Value
from proto.decision import Act, Judgement, Outcome, Text
from proto.dispatch import Sheet
from proto.field_visit.words import (
    Cause,
    Danger,
    Ending,
    EntryVerdict,
    Irregularity,
    VisitState,
    Watch,
)
from proto.journal import Gap
from proto.places import Position


class Ahead(Value):
    """What the rulebook will say of an act, should the door open so."""

    act: Act
    when: str
    outcome: Outcome
    clauses: tuple[str, ...]


class Clearance(Judgement):
    """May the pair do what they asked; what to say; what each next answer will mean.

    `payment_code` is the bank's, as it signed it, where it may be shown.
    """

    visit_id: UUID
    script: Text | None = None
    ahead: tuple[Ahead, ...] = ()
    payment_code: str | None = None


class Received(Reply):
    """The journal is kept through this entry of this phone; `new` were not known before.

    `missing`: what lies between that and what was sent ahead of it. `problems` name what
    could not be taken as it was sent; it is kept all the same. `kept_apart`: the phone
    did not sign this, and nothing of it counts. `script`: what to do now, where a fact
    asks for something.
    """

    visit_id: UUID
    device_id: UUID
    through: int
    new: int
    missing: tuple[Gap, ...] = ()
    problems: tuple[Detail, ...] = ()
    kept_apart: bool = False
    script: Text | None = None


class EntryShown(Value):
    """One entry: when it was, as far as can be known, and what the rules say of it.

    `at` is what the phone says. `seq` of two phones are two sequences; `number` is the
    order in which they arrived here. `counts`: the phone was the pair's own, and enrolled.
    """

    number: int
    device_id: UUID
    seq: int
    kind: str
    at: Moment
    earliest: Moment | None
    latest: Moment
    received_at: Moment
    counts: bool
    verdict: EntryVerdict
    clauses: tuple[str, ...] = ()


class IrregularityShown(Value):
    """Something odd that a phone sent: which entry of it, if it has a number.

    `posted_by` is who sent it: one of a pair may carry what the other's phone wrote.
    """

    kind: Irregularity
    device_id: UUID
    seq: int | None
    at: Moment
    posted_by: UUID | None = None


class JournalShown(Reply):
    """Entries in the order they arrived; `next` is where to go on, if there are more."""

    visit_id: UUID
    entries: tuple[EntryShown, ...]
    irregularities: tuple[IrregularityShown, ...]
    missing_media: tuple[UUID, ...] = ()
    next: int | None = None


class VisitShown(Reply):
    """A visit as a phone or a supervisor sees it: masked.

    `withdrawn`: the case is not the agency's to work now, whatever the reason. `special`:
    there are special circumstances (特殊情形), and no contact but by the bank's plan.
    """

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
    cause: Cause | None = None
    withdrawn: bool
    special: bool
    sheet: Sheet | None
    badge: str | None


class BadgeChecked(Reply):
    """What whoever opened may know: neither address nor debtor nor amount.

    `staff_numbers` are those on the two badges, `agency` its code; both only if mandated.
    """

    mandated: bool
    agency: str | None
    staff_numbers: tuple[str, ...]


class PartnerSwapped(Reply):
    """Who goes now, and by which authorisation letter."""

    visit_id: UUID
    collectors: tuple[UUID, UUID]
    letter_id: UUID


class HourSignedOff(Reply):
    """The hour may be used by one visit to this case."""

    grant_id: UUID


class Noted(Reply):
    """Nothing to tell: nobody asked but we ourselves."""


class HelpKnown(Reply):
    """The call for help is known; `acknowledged_at` once somebody acts on it.

    `script`: what to do until somebody comes, and whom to dial.
    """

    visit_id: UUID
    help_id: UUID
    called_at: Moment
    acknowledged_at: Moment | None = None
    script: Text | None = None


class HelpShown(Reply):
    """A call for help as whoever may act on it sees it. `told`: who was told by now."""

    visit_id: UUID
    help_id: UUID
    collector_id: UUID
    called_at: Moment
    acknowledged_at: Moment | None
    told: Watch
    kind: Danger | None
    position: Position | None


class VisitList(Reply):
    visits: tuple[VisitShown, ...]


class Closed(Reply):
    """The visit is over; it may have ended otherwise than the pair says."""

    visit_id: UUID
    ending: Ending
    cause: Cause | None = None
