"""What phones say of where they were, as plain facts; and which of it may be looked at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from chassis.likeness import Cells
from services.field_visit.model.plausibility.ground import Degrees

#: Photos by which a phone's habit is known.
KNOWN_BY = 5


class Provider(StrEnum):
    """Where a phone has a position from. Network: Wi-Fi and cells, without satellites."""

    SATELLITE = "satellite"
    NETWORK = "network"
    FUSED = "fused"


@dataclass(frozen=True, slots=True)
class Fix:
    """One position of one phone. `here` is WGS-84; what the phone did not say is None.

    `at` is the phone's wall clock; `monotonic_s` counts since it was started (`boot_id`)
    and is not turned back by anybody.
    """

    at: datetime
    here: Degrees
    accuracy_m: float
    speed_mps: float | None = None
    bearing_deg: float | None = None
    altitude_m: float | None = None
    mock: bool | None = None
    provider: Provider | None = None
    satellites: int | None = None
    boot_id: UUID | None = None
    monotonic_s: float | None = None

    @property
    def by_network(self) -> bool:
        """Whether it was made without satellites, as far as the phone says."""
        return self.provider is Provider.NETWORK or self.satellites == 0

    @property
    def by_satellites(self) -> bool:
        """Whether the phone says that satellites were in sight for it."""
        return self.satellites is not None and self.satellites >= 4

    def seconds_until(self, later: "Fix") -> float:
        """Return how long after this one another was made.

        By the count since the phone was started where both have it: a wall clock that
        jumps makes nobody fast, and nobody slow.
        """
        counted = self.monotonic_s is not None and later.monotonic_s is not None
        if counted and self.boot_id is not None and self.boot_id == later.boot_id:
            assert self.monotonic_s is not None
            assert later.monotonic_s is not None
            return later.monotonic_s - self.monotonic_s
        return (later.at - self.at).total_seconds()


@dataclass(frozen=True)
class Track:
    """The positions of one phone at one visit, in the order they were made."""

    fixes: tuple[Fix, ...]
    door: Degrees | None = None

    @cached_property
    def measured(self) -> tuple[Fix, ...]:
        """The fixes that bring something new.

        A phone that sees no satellites says its last position again, with a new time: in
        a lift or a tunnel nobody stands still for as long as that.
        """
        kept: list[Fix] = []
        for fix in self.fixes:
            if not kept or kept[-1].here != fix.here:
                kept.append(fix)
        return tuple(kept)


@dataclass(frozen=True)
class Habit:
    """What the photos of a phone before this one say: how many there are, and of them how
    many have EXIF, the shape of a screen, which camera, which editor.
    """

    photos: int = 0
    with_exif: int = 0
    screens: int = 0
    cameras: Mapping[str, int] = field(default_factory=dict)
    editors: Mapping[str, int] = field(default_factory=dict)

    def share(self, these: int) -> float:
        """Return the share of these among them; none of a phone that is hardly known."""
        return these / self.photos if self.photos >= KNOWN_BY else 0.0


@dataclass(frozen=True)
class Photo:
    """A photo of this phone at this visit. `likeness` is a perceptual digest of 64 bits.

    `cells` are its grey cells, by which it is told from its like (`chassis.likeness`).
    `captured_at` is the phone's word; `taken_at` and `place` (WGS-84) are EXIF's, if any,
    as are `camera` (a digest) and `editor`; `exif` is None while nobody has looked.
    """

    sha256: str
    captured_at: datetime
    taken_at: datetime | None = None
    place: Degrees | None = None
    likeness: int | None = None
    cells: Cells | None = None
    exif: bool | None = None
    camera: str | None = None
    editor: str | None = None
    screen: str | None = None
    retouched: int | None = None
    habit: Habit = Habit()


@dataclass(frozen=True)
class OtherPhoto:
    """A photo that came before, from another visit."""

    sha256: str
    captured_at: datetime
    same_door: bool
    likeness: int | None = None
    cells: Cells | None = None


@dataclass(frozen=True)
class Material:
    """All that is looked at: one phone at one visit, and what it is compared with.

    `partner` is the other phone of the pair at the same visit; `earlier` are tracks of
    the same person at other visits, oldest first.
    """

    track: Track
    partner: Track | None = None
    earlier: tuple[Track, ...] = ()
    photos: tuple[Photo, ...] = ()
    others: tuple[OtherPhoto, ...] = ()


@dataclass(frozen=True)
class Shift:
    """From when to when somebody works, both pressed by themselves; open until the end."""

    starts_at: datetime
    ends_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


def within_shifts(
    fixes: Iterable[Fix], shifts: Sequence[Shift]
) -> tuple[tuple[Fix, ...], int]:
    """Return the fixes within a shift of their phone, and how many others were refused.

    Without a shift there is none: where somebody is after work is nobody's to know. The
    refused ones are counted and not kept.
    """
    every = tuple(fixes)
    kept = tuple(f for f in every if any(shift.covers(f.at) for shift in shifts))
    return kept, len(every) - len(kept)
