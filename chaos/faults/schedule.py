"""The seeded schedule: which part is killed or frozen when, and for how long.

Each part has slots of equal length and one fault at a chance moment in each, so that a
part is up again before its next fault; the parts know nothing of each other, so that
faults overlap as they do in a bad night.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

Kind = Literal["kill", "freeze"]
Hit = tuple[str, Kind]
KINDS: tuple[Kind, ...] = ("kill", "freeze")

#: Of a hundred kills, how many are whose. Servers need seconds to come back.
KILLS = {
    "services": 18,
    "relay": 26,
    "gateway": 25,
    "worker": 10,
    "projector": 7,
    "broker": 6,
    "database": 8,
}
#: And how many freezes there are beside them.
FREEZES = {
    "services": 7,
    "relay": 8,
    "gateway": 6,
    "worker": 3,
    "projector": 2,
    "broker": 4,
    "database": 4,
}
#: Seconds before the first fault, and that a part has at the end of its slot.
CALM_S, REST_S = 2.0, 1.0
#: Of three kills one leaves the part away for a while; seconds, at most.
AWAY_SHARE, AWAY_S, FROZEN_S = 0.35, (0.2, 3.0), (1.0, 8.0)


@dataclass(frozen=True, order=True)
class Fault:
    """A part is killed and started again `away_s` later, or frozen for so long."""

    at_s: float
    part: str
    kind: Kind
    away_s: float

    @property
    def name(self) -> str:
        return f"{self.kind} {self.part}"


def plan(
    seed: int,
    seconds: float,
    kills: int,
    parts: Iterable[str],
    *,
    freezes: int | None = None,
    apart: bool = False,
) -> list[Fault]:
    """Return the faults of a run, soonest first; the same for the same seed.

    Unless told, `freezes` are as many as come with that many kills. `apart`: one fault
    after the other, so that each recovery is that of one.
    """
    luck, there = Random(f"{seed}/faults"), list(parts)
    if freezes is None:
        freezes = round(kills * sum(FREEZES.values()) / 100)
    counts = {
        "kill": shares(KILLS, kills, there),
        "freeze": shares(FREEZES, freezes, there),
    }
    hits: list[Hit] = [
        (part, kind)
        for kind in KINDS
        for part, count in counts[kind].items()
        for _ in range(count)
    ]
    luck.shuffle(hits)
    if apart:
        return list(slots(hits, seconds, luck))
    own = [[hit for hit in hits if hit[0] == part] for part in there]
    return sorted(fault for each in own for fault in slots(each, seconds, luck))


def shares(weights: dict[str, int], count: int, parts: list[str]) -> dict[str, int]:
    """Part a count by weight among the parts that are there, with nothing left over."""
    whole = sum(weights[part] for part in parts)
    given = {part: int(count * weights[part] / whole) for part in parts}
    by_rest = sorted(parts, key=lambda part: -(count * weights[part] / whole % 1))
    for part in by_rest[: count - sum(given.values())]:
        given[part] += 1
    return given


def slots(hits: list[Hit], seconds: float, luck: Random) -> Iterator[Fault]:
    """Put each fault somewhere into its own slot."""
    length = (seconds - CALM_S) / max(len(hits), 1)
    for number, (part, kind) in enumerate(hits):
        room = max(length - REST_S, 0.5)
        away = min(lasting(kind, luck), room)
        at = CALM_S + number * length + luck.uniform(0, (room - away) / 2)
        yield Fault(round(at, 3), part, kind, round(away, 3))


def lasting(kind: Kind, luck: Random) -> float:
    if kind == "freeze":
        return luck.uniform(*FROZEN_S)
    return luck.uniform(*AWAY_S) if luck.random() < AWAY_SHARE else 0.0
