"""A collector's positions at a visit, opened: the check-in, and what the journal noted.

Of one phone, the one that checked in: two phones in two pockets are no journey. What it
noted of no visit counts from some minutes before to some minutes after what it told of
the visit. The journal keeps none from outside a shift, by the order of its entries; a
check-in is looked at when its own clock lies within one.
"""

import json
from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from chassis import geo
from chassis.errors import Unavailable
from chassis.keyring import Keyring
from proto.base import Sealed
from proto.facts import PositionNoted
from proto.field_visit import Presence
from proto.places import Point
from services.field_visit import store
from services.field_visit.model import Visit
from services.field_visit.model.plausibility import (
    Fix,
    Provider,
    Shift,
    Track,
    within_shifts,
)

#: Positions of no visit belong to one from so long before until so long after it.
AROUND = timedelta(minutes=15)
#: What positions in a journal are sealed for.
POSITION = "visit.position"
#: An entry of a journal, by its phone and its number.
Place = tuple[UUID, int]


@dataclass(frozen=True)
class Planned:
    """Where and when a visit was to be; `place` is sealed under the case's key."""

    visit_id: UUID
    case_id: UUID
    place: Sealed
    not_before: datetime
    not_after: datetime

    @classmethod
    def of(cls, visit: Visit) -> "Planned":
        its = visit.case_id, visit.place, visit.not_before, visit.not_after
        return cls(visit.id, *its)

    @classmethod
    def beside(cls, row: Row[Any]) -> "Planned":
        """Return the visit of a presence, as its row has it."""
        place = Sealed.model_validate(row.place)
        return cls(row.visit_id, row.case_id, place, row.not_before, row.not_after)


@dataclass(frozen=True)
class Seen:
    """One collector's positions at a visit, and how many lay outside the shift.

    `came_at` is the check-in, `left_at` the last that was told of the visit; `entries`
    are those of the journal that the positions are from.
    """

    collector_id: UUID
    track: Track
    refused: int = 0
    came_at: datetime | None = None
    left_at: datetime | None = None
    entries: frozenset[Place] = field(default=frozenset(), repr=False)

    def between(self, since: datetime, until: datetime) -> Track:
        """Return the check-in, and what was said from one moment to another."""
        fixes = tuple(
            fix
            for fix in self.track.fixes
            if fix.at == self.came_at or since <= fix.at <= until
        )
        return Track(fixes, self.track.door)


class Opener:
    """Opens positions; of a case or a person that was shredded nothing opens any more."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.keyring = connection, Keyring(connection)

    def text(self, sealed: Any, key_id: UUID, purpose: str) -> str | None:
        try:
            return self.keyring.open(Sealed.model_validate(sealed), key_id, purpose)
        except Unavailable:
            return None

    def door(self, planned: Planned) -> geo.Degrees | None:
        said = self.text(planned.place, planned.case_id, "visit.place")
        return geo.wgs84(Point.model_validate_json(said)) if said else None

    def presence(self, row: Row[Any]) -> Fix | None:
        """Return a check-in as a fix: it says no more than where, when, how surely."""
        said = self.text(row.presence, row.case_id, "visit.presence")
        if said is None:
            return None
        presence = Presence.model_validate_json(said)
        position = presence.position
        return Fix(presence.at, geo.wgs84(position), position.accuracy_m)

    def noted(self, row: Row[Any], key_id: UUID) -> Fix | None:
        """Return an entry of a journal as a fix."""
        said = self.text(row.box, key_id, POSITION)
        if said is None:
            return None
        noted = {k: v for k, v in json.loads(said).items() if k != "salt"}
        return fix_of(PositionNoted.model_validate(noted), row)


def fix_of(noted: PositionNoted, row: Row[Any]) -> Fix:
    position = noted.position
    return Fix(
        row.at,
        geo.wgs84(position),
        position.accuracy_m,
        speed_mps=noted.speed_m_s,
        mock=noted.mocked,
        provider=Provider(noted.provider) if noted.provider else None,
        satellites=noted.satellites,
        boot_id=row.boot_id,
        monotonic_s=None if row.elapsed_ms is None else row.elapsed_ms / 1000,
    )


def seen(
    planned: Planned,
    collector_id: UUID,
    row: Row[Any] | None,
    opener: Opener,
    but: Collection[Place] = (),
) -> Seen:
    """Return what a collector's phone said of where it was at a visit.

    `row` is the check-in, if there was one; `but` are entries that belong to another.
    """
    connection, door = opener.connection, opener.door(planned)
    phone = row.device_id if row else None
    phone = phone or store.phone_at(connection, planned.visit_id, collector_id)
    if phone is None or door is None:
        return Seen(collector_id, Track((), door))
    came = opener.presence(row) if row else None
    kept, refused = within_shifts(
        (came,) if came else (), shifts_of(planned, phone, opener)
    )
    since, until = stay(planned, phone, came, connection)
    noted = [
        (place, fix)
        for place, fix in noted_by(planned, collector_id, phone, (since, until), opener)
        if place not in but
    ]
    fixes = joined(kept, [fix for _, fix in noted])
    entries = frozenset(place for place, _ in noted)
    at = came.at if came else None
    return Seen(collector_id, Track(fixes, door), refused, at, until, entries)


def stay(
    planned: Planned, phone: UUID, came: Fix | None, connection: Connection
) -> tuple[datetime, datetime]:
    """Return from when until when a phone told of a visit, by its clock."""
    told = store.told_between(connection, planned.visit_id, phone) or ()
    moments = sorted((*told, *((came.at,) if came else ())))
    if not moments:
        return planned.not_before, planned.not_after
    return moments[0], moments[-1]


def noted_by(
    planned: Planned,
    collector_id: UUID,
    phone: UUID,
    stay: tuple[datetime, datetime],
    opener: Opener,
) -> list[tuple[Place, Fix]]:
    """Return the positions in a phone's journal, in its order."""
    since = max(stay[0], planned.not_before) - AROUND
    until = min(stay[1], planned.not_after) + AROUND
    at_it = store.noted_at(opener.connection, planned.visit_id, phone)
    about = store.noted_between(opener.connection, phone, since, until)
    opener.keyring.load([planned.case_id, collector_id])
    found = [
        ((row.device_id, row.seq), opener.noted(row, planned.case_id)) for row in at_it
    ]
    found += [((row.device_id, row.seq), opener.noted(row, collector_id)) for row in about]
    return sorted(((place, fix) for place, fix in found if fix), key=lambda each: each[0])


def joined(came: Sequence[Fix], noted: list[Fix]) -> tuple[Fix, ...]:
    """Return a check-in among what the journal noted, by the clock they share.

    It says less than an entry does: one that repeats its neighbour is left out, or a
    receiver that never moves would look as if it did not say what it sees.
    """
    fixes = list(noted)
    for fix in came:
        at = bisect_right(fixes, fix.at, key=attrgetter("at"))
        if not any(is_same(fix, each) for each in fixes[max(0, at - 1) : at + 1]):
            fixes.insert(at, fix)
    return tuple(fixes)


def is_same(one: Fix, other: Fix) -> bool:
    return (one.here, one.accuracy_m) == (other.here, other.accuracy_m)


def shifts_of(planned: Planned, phone: UUID, opener: Opener) -> list[Shift]:
    """Return when a phone's owner was on duty, both pressed by themselves.

    The time a visit was planned for stands in where a phone has never spoken of shifts,
    as those of before did.
    """
    told = store.shifts_noted(opener.connection, phone, planned.not_after + AROUND)
    if told is None:
        return [Shift(planned.not_before, planned.not_after)]
    shifts: list[Shift] = []
    for kind, at in told:
        is_open = bool(shifts) and shifts[-1].ends_at is None
        if kind == "shift_started" and not is_open:
            shifts.append(Shift(at))
        elif kind == "shift_ended" and is_open:
            shifts[-1] = replace(shifts[-1], ends_at=at)
    return shifts
