"""What is known at the door when an act is asked. Frozen, without names or the clock.

`None` means that something cannot be known; a clause that needs it then stops the act.
No fact has a default: whoever asks must say what they know.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Here:
    """One field collector (外访员) who has checked in.

    `presence_age_s` is how old the signed presence is; negative means in the future.
    """

    collector_id: UUID
    distance_m: float | None
    accuracy_m: float | None
    presence_age_s: float | None
    certified: bool | None
    in_service: bool | None


@dataclass(frozen=True, slots=True)
class Pairing:
    """One phone has answered the other's code (配对码), `answered_s` after it was made."""

    answered_s: float | None


@dataclass(frozen=True, slots=True)
class Letter:
    """The bank's authorisation letter (授权书) for this visit."""

    number: str
    valid_on_day: bool
    revoked: bool
    names: frozenset[UUID]
    for_agency: bool


@dataclass(frozen=True, slots=True)
class Consent:
    """Leave to come in: who gave it (`debtor`, `spouse`, ...) and if it holds."""

    by: str
    after_identified: bool
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Appointment:
    """Another hour than the usual: agreed by the debtor (4.06), or vouched for (21.085).

    `agreed` says that the debtor named it; otherwise a supervisor vouches that there is
    no other hour. `used` says that another visit has used it already.
    """

    starts_at: datetime
    ends_at: datetime
    agreed: bool
    used: bool


@dataclass(frozen=True, slots=True)
class Care:
    """Special circumstances (特殊情形): contact by the bank's plan alone (4.21, 4.22).

    `within_plan` says whether there is a plan and the act lies in it.
    """

    within_plan: bool


@dataclass(frozen=True, slots=True)
class Payment:
    """What somebody wants to hand over: `cash`, `cheque` or `goods`."""

    what: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Cash:
    """The bank's leave to take cash: one debtor, reason, cap, expiry, single use (4.32).

    `state` is `proposed`, `granted`, `spent` or `revoked`; `used` says that another visit
    has been allowed it, or this one has.
    """

    reason: str
    cap: Decimal
    currency: str
    good_until: datetime
    state: str
    used: bool


@dataclass(frozen=True, slots=True)
class PaymentCode:
    """What the debtor's banking app is to read (付款码), from when until when it is good.

    `by_bank` says that the bank has signed it for this very case; `withdrawn` that it has
    revoked it since, or posted a newer one.
    """

    by_bank: bool
    withdrawn: bool
    good_from: datetime
    good_until: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """The letter (催收函) planned for this visit: its template, and how it may be given."""

    approved: bool
    how: str


@dataclass(frozen=True, slots=True)
class Locating:
    """Asking somebody else where the debtor is.

    `permit` is `open`, `used`, `expired`, `revoked` or nothing. `answer` is what they
    said to being asked: `agrees`, `refuses`, `does_not_know`, `annoyed`, or nothing yet.
    """

    purpose: str
    permit: str | None
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorFacts:
    """Everything a clause may ask about a pair at a door.

    `starts_at` and `ends_at` are aware, in the door's own zone: the wall clock there.
    `on_duty` says that everyone here has begun their shift and not ended it. `apart_m` is
    how far the two phones are from each other, at the least; `pairing` is absent when
    each checked in for itself.
    `planned` are the two collectors the visit was planned for. `person_met` is the
    relation of who opened (`debtor`, `parent`, ...), `confirmed_items` the number of
    masked items that person confirmed. `handing` is how a letter is to be given:
    `in_person`, `letterbox` or `posted`. `liable` are the relations that the bank says owe
    this debt too. `code` is the payment code that is to be shown.
    `endangered` says that somebody planned for this visit was in danger in this case
    before.
    """

    starts_at: datetime
    ends_at: datetime
    appointment: Appointment | None
    visited_today: bool
    endangered: bool
    here: tuple[Here, ...]
    on_duty: bool | None
    apart_m: float | None
    pairing: Pairing | None
    planned: tuple[UUID, ...]
    letter: Letter | None
    mandate_in_force: bool | None
    address_open: bool | None
    care: Care | None
    disputed: bool
    recorded: bool
    introduced: bool
    letter_shown: bool
    badge_shown: bool
    person_met: str | None
    liable: frozenset[str]
    person_capable: bool
    identity_confirmed: bool
    confirmed_items: int
    entry_reason: str | None
    allowed_entry_reasons: frozenset[str] | None
    consent: Consent | None
    objection: bool
    payment: Payment | None
    cash: Cash | None
    code: PaymentCode | None
    paper: Paper | None
    handing: str | None
    locating: Locating | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyFacts:
    """Everything a clause may ask about a bank's leave to take cash, before it is given.

    `now` is aware; `cash` is the authority as it is wanted.
    """

    now: datetime
    mandate_in_force: bool | None
    cash: Cash


Facts = DoorFacts | MoneyFacts
