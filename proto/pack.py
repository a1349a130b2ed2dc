"""The day's pack: all that a phone without a signal needs to know of its own visits.

Signed by the gateway as a compact JWS (RFC 7515, ES256, `typ` `day-pack`) under its key
for packs; the payload is the canonical JSON (RFC 8785) of a `Pack`. What the rules say is
decided beforehand, for each deed and whoever may be met, through the whole day: a phone
runs no rules. `docs/pack.md` has the format with an example.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from annotated_types import Len
from pydantic import Field

from proto.base import Command, Moment, Reply, Value
from proto.decision import Act, Outcome, Text
from proto.dispatch import Currency, Money, PlaceClass, Sheet
from proto.grants import GrantedPhone, VisitGrant
from proto.payment_code import Jws
from proto.places import Point

#: What the header of a pack says it is (RFC 8725, 3.11).
KIND = "day-pack"


class CollectPack(Command):
    """What is to be done today, by this phone's person? Asked while there is a signal."""

    device_id: UUID


class Met(StrEnum):
    """Whoever may be met at a door, as far as the pair can tell."""

    DEBTOR = "debtor"  # said the name, and the masked items fitted
    NOT_IDENTIFIED = "debtor_not_identified"
    SPOUSE = "spouse"
    PARENT = "parent"
    CHILD = "child"
    KIN = "kin"
    TENANT = "tenant"
    NEIGHBOUR = "neighbour"
    COLLEAGUE = "colleague"
    GUARD = "guard"
    UNKNOWN = "unknown"
    INCAPABLE = "incapable"  # a minor, drunk, confused or visibly unable (S3)
    NOBODY = "nobody"


class Deed(StrEnum):
    """What a pair may want to do; a letter may be given in two ways."""

    CHECK_IN = "check_in"
    DISCUSS_DEBT = "discuss_debt"
    ENTER_PREMISES = "enter_premises"
    COLLECT_CASH = "collect_cash"
    HAND_OVER_LETTER = "hand_over_letter"
    USE_LETTERBOX = "use_letterbox"
    ASK_THIRD_PARTY = "ask_third_party"
    SHOW_PAYMENT_CODE = "show_payment_code"

    @property
    def act(self) -> Act:
        """Return the act that is judged for it."""
        return Act.HAND_OVER_LETTER if self is Deed.USE_LETTERBOX else Act(self.value)


#: These use up what may be used once, under its lock: they are asked live, or not done.
LIVE = frozenset({Deed.COLLECT_CASH, Deed.ASK_THIRD_PARTY})


class Lack(StrEnum):
    """What the answers of a pack take for granted, and a phone sees to before each deed."""

    PARTNER = "partner"  # both are at the door
    SHIFT = "shift"  # both have begun their shift
    RECORDING = "recording"  # announced, and running
    INTRODUCTION = "introduction"  # whose mandate it is was said
    LETTER = "letter"  # the authorisation letter was shown
    BADGE = "badge"  # the badge was shown
    CONSENT = "consent"  # the debtor's own, given once identified
    REASON = "reason"  # one of the bank's reasons to go in
    PEACE = "peace"  # nobody present objects
    LEAVE_TO_ASK = "leave_to_ask"  # somebody else agreed to be asked


class PackAnswer(Value):
    """An outcome, and every clause against the deed."""

    outcome: Outcome
    clauses: tuple[str, ...] = ()


#: From this second of the day on (0 is when the day begins at the door), until the next
#: one's, this answer by its place in the pack's list.
Turn = tuple[Annotated[int, Field(ge=0, le=93_600)], Annotated[int, Field(ge=0)]]


class Row(Value):
    """How a deed is answered through the day, whoever of these is met."""

    met: Annotated[tuple[Met, ...], Len(1)]
    turns: Annotated[tuple[Turn, ...], Len(1)]


class Table(Value):
    """Every answer for a visit on its day.

    `lacking` adds what is against a deed when one thing that its answers take for granted
    is not so. `reasons` are those for which the bank lets the pair be asked in.
    """

    rows: dict[Deed, tuple[Row, ...]]
    lacking: dict[Deed, dict[Lack, int]]
    reasons: tuple[str, ...] = ()


class ZoneDay(Value):
    """The day by one wall clock: which one, and its first moment."""

    on: date
    begins_at: Moment


class PackLetter(Value):
    """The authorisation letter to be shown: it names no debtor (16.04).

    `staff_numbers` are the pair's, in the order of `collectors`.
    """

    number: str
    agency: str
    staff_numbers: tuple[str, ...]
    valid_from: date
    valid_until: date


class CashLeave(Value):
    """The bank's leave to take cash, asked live before the hand moves all the same."""

    authority_id: UUID
    cap: Money
    currency: Currency
    good_until: Moment


class PackedCode(Value):
    """The bank's payment code (付款码) for this case, as the bank signed it.

    A phone shows it only where it has checked it by the bank's key, for this case.
    """

    case_id: UUID
    code: Jws


class Pairing(Value):
    """By what the two phones find each other: see `Pack.phones` for their keys."""

    phones: tuple[UUID, ...]
    nonce: UUID | None = None


class PackedVisit(Value):
    """One visit of the day, masked. `table` is its place in the pack's list.

    `special`: there are special circumstances, whichever; the answers keep to the plan.
    `paper` is how the letter that was planned for the debtor may be given. `grant` is the
    visit's grant (`proto/grants.py`) as `GET /v1/visits/{visit_id}/grant` gives it.
    """

    visit_id: UUID
    collectors: tuple[UUID, UUID]
    not_before: Moment
    not_after: Moment
    zone: str
    sheet: Sheet
    point: Point
    place_class: PlaceClass
    letter: PackLetter | None = None
    badge: str | None = None
    special: bool = False
    paper: Literal["in_person", "letterbox"] | None = None
    cash: CashLeave | None = None
    code: PackedCode | None = None
    grant: str | None = None
    pairing: Pairing
    table: int


class PackAnchor(Value):
    """What time it was when the pack was made, by the server's clock."""

    at: Moment
    anchor_id: UUID | None = None


class Pack(Value):
    """The day of one collector, for one phone. Nobody else's visits are in it.

    Of a visit that is `withdrawn` it says nothing else, whatever the reason.
    """

    format: Literal[1] = 1
    device_id: UUID
    person_id: UUID
    made_at: Moment
    good_until: Moment
    anchor: PackAnchor
    days: dict[str, ZoneDay]
    visits: tuple[PackedVisit, ...]
    withdrawn: tuple[UUID, ...]
    phones: tuple[GrantedPhone, ...]
    tables: tuple[Table, ...]
    answers: tuple[PackAnswer, ...]
    live: tuple[Deed, ...]
    scripts: dict[str, Text]


class DayPack(Reply):
    """A pack before it is signed, and the grants that are signed with it."""

    pack: Pack
    grants: tuple[VisitGrant, ...]


class PackShown(Reply):
    """The pack as a compact JWS, and until when it is good."""

    pack: str
    good_until: Moment
