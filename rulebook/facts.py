"""What is known at the door when an act is asked. Frozen, without names or the clock.

`None` means that something cannot be known; a clause that needs it then stops the act.
No fact has a default: whoever asks must say what they know.
"""

from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorFacts:
    """Everything a clause may ask about a pair at a door.

    `starts_at` and `ends_at` are aware, in the door's own zone: the wall clock there.
    `planned` are the two collectors the visit was planned for. `person_met` is the
    relation of who opened (`debtor`, `parent`, ...), `confirmed_items` the number of
    masked items that person confirmed.
    """

    starts_at: datetime
    ends_at: datetime
    here: tuple[Here, ...]
    planned: tuple[UUID, ...]
    letter: Letter | None
    mandate_in_force: bool | None
    introduced: bool
    letter_shown: bool
    badge_shown: bool
    person_met: str | None
    identity_confirmed: bool
    confirmed_items: int
    entry_reason: str | None
    allowed_entry_reasons: frozenset[str] | None
    consent: Consent | None
    objection: bool
