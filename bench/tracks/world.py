"""A city, a way through it, and a receiver that errs as receivers do. All from a seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from services.field_visit.model.plausibility import Fix, Provider, Track

NOON = datetime.fromisoformat("2026-03-02T12:00:00+08:00")
#: Cities of the mainland, where GCJ-02 is a shift.
CITIES = (
    (31.23, 121.47),
    (39.91, 116.40),
    (23.13, 113.26),
    (30.57, 104.07),
    (43.82, 125.32),
)
M_PER_DEGREE = 111_195.0

Metres = tuple[float, float]
#: Seconds since the track began, and where the person truly is, in metres off the door.
Step = tuple[float, Metres]


@dataclass(frozen=True)
class Sky:
    """What a receiver sees: how it errs, and what it says of that."""

    error_m: float = 3.0
    claims: float = 1.5  # accuracy as a multiple of its error
    satellites: tuple[int, int] = (9, 18)
    provider: Provider = Provider.SATELLITE
    jump_m: float = 0.0  # how far one fix in eight is thrown
    holds: bool = False  # says its last fix again
    silent: bool = False  # says nothing at all


CLEAR, SILENT = Sky(), Sky(silent=True)
Weather = Callable[[float], Sky]


def clear(_: float) -> Sky:
    return CLEAR


@dataclass
class Place:
    """A door in a city. `door` is where it truly is, `registered` what the bank has."""

    rng: Random
    origin: tuple[float, float] = field(init=False)
    registered: Metres = field(init=False)
    geocoded_m: float = 8.0

    def __post_init__(self) -> None:
        rng, city = self.rng, self.rng.choice(CITIES)
        self.origin = (city[0] + rng.uniform(-0.1, 0.1), city[1] + rng.uniform(-0.1, 0.1))
        self.registered = (rng.gauss(0, self.geocoded_m), rng.gauss(0, self.geocoded_m))

    def degrees(self, at: Metres) -> tuple[float, float]:
        east = M_PER_DEGREE * math.cos(math.radians(self.origin[0]))
        latitude = self.origin[0] + at[1] / M_PER_DEGREE
        return round(latitude, 7), round(self.origin[1] + at[0] / east, 7)

    @property
    def door(self) -> tuple[float, float]:
        return self.degrees(self.registered)


def walk(
    rng: Random,
    start: Metres,
    stops: Sequence[tuple[Metres, float]],
    mps: float,
    every_s: float,
    uneven: float = 0.15,
) -> list[Step]:
    """Go from place to place and stay for some seconds at each, a step each `every_s`."""
    steps, at, here = [(0.0, start)], 0.0, start
    for goal, stays_s in stops:
        while (left := math.dist(here, goal)) > 1.0:
            pace = max(0.2, rng.gauss(mps, uneven * mps)) * every_s
            share = min(1.0, pace / left)
            sway = rng.gauss(0, uneven / 3 * pace)
            here = (
                here[0] + share * (goal[0] - here[0]) + sway * (share < 1),
                here[1] + share * (goal[1] - here[1]) + sway * (share < 1),
            )
            at += every_s
            steps.append((at, here))
        for _ in range(int(stays_s / every_s)):
            at += every_s
            steps.append((at, (goal[0] + rng.gauss(0, 0.7), goal[1] + rng.gauss(0, 0.7))))
    return steps


def around(rng: Random, low_m: float, high_m: float) -> Metres:
    """A point that far off the door, in any direction."""
    turn, far = rng.uniform(0, 2 * math.pi), rng.uniform(low_m, high_m)
    return far * math.cos(turn), far * math.sin(turn)


def corners(rng: Random, start: Metres, goal: Metres) -> list[tuple[Metres, float]]:
    """The way between two points by two corners, as streets go, with a red light."""
    middle = (start[0] + rng.uniform(0.3, 0.7) * (goal[0] - start[0]), start[1])
    return [(middle, rng.choice((0.0, 0.0, 40.0))), ((middle[0], goal[1]), 0.0)]


def visit(
    rng: Random, low_m: float = 250, high_m: float = 700, mps: float = 1.4
) -> list[Step]:
    """Come from some way off, stand at the door for some minutes, go away again."""
    start, every_s = around(rng, low_m, high_m), rng.choice((5.0, 10.0, 10.0, 15.0))
    stand = (rng.gauss(0, 3), rng.gauss(0, 3))
    away = around(rng, 60, 200)
    stops = [*corners(rng, start, stand), (stand, rng.uniform(360, 1200)), (away, 30.0)]
    return walk(rng, start, stops, mps, every_s)


@dataclass
class Receiver:
    """A phone's receiver. Its error wanders (Gauss and Markov, a minute) and flickers."""

    rng: Random
    place: Place
    tau_s: float = 60.0
    bare: bool = False
    keeps_accuracy: float | None = None
    drift: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def track(
        self, steps: Sequence[Step], weather: Weather = clear, began: datetime = NOON
    ) -> Track:
        fixes: list[Fix] = []
        boot, since = UUID(int=self.rng.getrandbits(128)), self.rng.uniform(1e3, 1e6)
        high, before = self.rng.uniform(3, 80), (0.0, steps[0][1])
        for at, true in steps:
            sky = weather(at)
            if sky.silent:
                continue
            moment, count = began + timedelta(seconds=at), since + at
            if sky.holds and fixes:
                fixes.append(self.again(fixes[-1], sky, moment, count))
                continue
            seconds = max(at - before[0], 1.0)
            speed = math.dist(true, before[1]) / seconds
            before = (at, true)
            said = self.said(true, sky, seconds)
            fix = Fix(moment, self.place.degrees(said), self.accuracy(sky))
            fixes.append(self.told(fix, sky, speed, high, boot, count))
        return Track(tuple(fixes), self.place.door)

    def said(self, true: Metres, sky: Sky, seconds: float) -> Metres:
        keep = math.exp(-seconds / self.tau_s)
        for axis in (0, 1):
            fresh = math.sqrt(1 - keep**2) * sky.error_m
            self.drift[axis] = keep * self.drift[axis] + self.rng.gauss(0, fresh)
        x, y = (
            true[i] + self.drift[i] + self.rng.gauss(0, 0.15 * sky.error_m) for i in (0, 1)
        )
        if sky.jump_m and self.rng.random() < 0.125:
            jump = around(self.rng, 0.3 * sky.jump_m, sky.jump_m)
            x, y = x + jump[0], y + jump[1]
        return x, y

    def accuracy(self, sky: Sky) -> float:
        if self.keeps_accuracy is not None:
            return self.keeps_accuracy
        return round(max(2.0, sky.error_m * sky.claims * self.rng.uniform(0.8, 1.4)), 1)

    def told(
        self, fix: Fix, sky: Sky, speed: float, high: float, boot: UUID, count: float
    ) -> Fix:
        """What else a phone says of a fix; a bare one nothing."""
        if self.bare:
            return fix
        network = sky.provider is Provider.NETWORK
        return replace(
            fix,
            provider=sky.provider,
            satellites=0 if network else self.rng.randint(*sky.satellites),
            altitude_m=None if network else round(high + self.rng.gauss(0, 2), 1),
            speed_mps=None
            if network
            else round(max(0.0, speed + self.rng.gauss(0, 0.2)), 2),
            mock=False,
            boot_id=boot,
            monotonic_s=round(count, 3),
        )

    def again(self, last: Fix, sky: Sky, moment: datetime, count: float) -> Fix:
        """The last fix once more, with a new time; some phones let its accuracy grow."""
        fix = replace(last, at=moment, monotonic_s=None if self.bare else round(count, 3))
        grown = round(fix.accuracy_m * sky.claims, 1)
        satellites = None if self.bare else self.rng.randint(*sky.satellites)
        return replace(fix, accuracy_m=grown, satellites=satellites)


def hours_before(track: Track, hours: float) -> Track:
    """The same track, that much earlier."""
    back = timedelta(hours=hours)
    fixes = tuple(replace(fix, at=fix.at - back) for fix in track.fixes)
    return Track(fixes, track.door)


def changed(track: Track, change: Callable[[int, Fix], Fix]) -> Track:
    fixes = tuple(change(number, fix) for number, fix in enumerate(track.fixes))
    return Track(fixes, track.door)
