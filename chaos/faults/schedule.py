"""The seeded schedule: what is hurt when, how, and for how long.

Each part has slots of equal length and one fault at a chance moment in each, so that a
part is up again before its next fault; the parts know nothing of each other, so that
faults overlap as they do in a bad night.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal

from chaos.faults.proxy.modes import Mode, Way
from doorstep.parts import ALL_SERVICES
from doorstep.parts import SECOND as SECOND_SERVICES

#: A process is killed or frozen; a link is cut; the broker is short of memory, or loses its
#: data; nobody can write what a hearer has to write.
Kind = Literal["kill", "freeze", "cut", "alarm", "lose", "block"]

#: Of a hundred kills, how many are whose. Servers need seconds to come back.
KILLS = {
    "services": 18,
    "relay": 24,
    "gateway": 15,
    "worker": 12,
    "projector": 10,
    "broker": 13,
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
#: And cuts, of the links by whom they lead to.
CUTS = {"to broker": 8, "to database": 6, "to gateway": 6}
#: Where the services run twice, half of what would be done to the first is to the second.
FIRST, SECOND = ALL_SERVICES.name, SECOND_SERVICES.name
#: What there is seldom, and of whom.
ALARMS, LOSSES, BLOCKS = {"memory": 1}, {"broker": 1}, {"arrivals": 1}
PARTS = (*KILLS, *CUTS, *ALARMS, *BLOCKS)
SHARES: dict[Kind, dict[str, int]] = {
    "kill": KILLS,
    "freeze": FREEZES,
    "cut": CUTS,
    "alarm": ALARMS,
    "lose": LOSSES,
    "block": BLOCKS,
}
#: Seconds before the first fault, and that a part has at the end of its slot.
CALM_S, REST_S = 2.0, 1.0
#: Of three kills one leaves the part away for a while; seconds, at most.
AWAY_SHARE, AWAY_S = 0.35, (0.2, 3.0)
#: Seconds that whatever is not killed stays as it is.
LASTS_S: dict[Kind, tuple[float, float]] = {
    "freeze": (1.0, 8.0),
    "cut": (1.0, 10.0),
    "alarm": (6.0, 12.0),
    "block": (6.0, 9.0),
}


@dataclass(frozen=True)
class Counts:
    """How many faults of each kind; None: as many as come with that many kills."""

    kills: int
    freezes: int | None = None
    cuts: int | None = None
    alarms: int = 0
    losses: int = 0
    blocks: int = 0

    def of(self, kind: Kind) -> int:
        usual = round(self.kills * sum(SHARES[kind].values()) / 100)
        found = {
            "kill": self.kills,
            "freeze": self.freezes,
            "cut": self.cuts,
            "alarm": self.alarms,
            "lose": self.losses,
            "block": self.blocks,
        }[kind]
        return usual if found is None else found


@dataclass(frozen=True)
class Hit:
    """Whom something is done to, what, and of a cut how."""

    part: str
    kind: Kind
    mode: Mode | None = None


@dataclass(frozen=True)
class Fault:
    """A part is killed and started again `away_s` later, or hurt for so long."""

    at_s: float
    part: str
    kind: Kind
    away_s: float
    mode: Mode | None = None

    @property
    def name(self) -> str:
        return f"{self.kind} {self.part}"


def plan(
    seed: int, seconds: float, counts: Counts, parts: Iterable[str], *, apart: bool = False
) -> list[Fault]:
    """Return the faults of a run, soonest first; the same for the same seed.

    `apart`: one fault after the other, so that each recovery is that of one.
    """
    luck, there = Random(f"{seed}/faults"), list(parts)
    hits = [
        Hit(part, kind, mode(luck) if kind == "cut" else None)
        for kind, weights in SHARES.items()
        for part, count in shares(weights, counts.of(kind), there).items()
        for _ in range(count)
    ]
    luck.shuffle(hits)
    if apart:
        return list(slots(hits, seconds, luck))
    own = [[hit for hit in hits if hit.part == part] for part in there]
    found = [fault for each in own for fault in slots(each, seconds, luck)]
    return sorted(found, key=lambda fault: fault.at_s)


def chosen(there: Iterable[str], only: Iterable[str]) -> list[str]:
    """Return those of what is there that have faults: all of it when none is named. Whoever
    names the services means each of their processes.
    """
    named = {*only, SECOND} if FIRST in only else {*only}
    return [part for part in there if not named or part in named]


def shares(weights: Mapping[str, int], count: int, parts: list[str]) -> dict[str, int]:
    """Part a count by weight among the parts that are there, with nothing left over."""
    there = [part for part in parts if part in weights]
    whole = sum(weights[part] for part in there)
    given = {part: int(count * weights[part] / whole) for part in there}
    by_rest = sorted(there, key=lambda part: -(count * weights[part] / whole % 1))
    for part in by_rest[: count - sum(given.values())]:
        given[part] += 1
    if FIRST in given and SECOND in parts:
        given[SECOND] = given[FIRST] // 2
        given[FIRST] -= given[SECOND]
    return given


def mode(luck: Random) -> Mode:
    """Return one of the ways to cut a link."""
    way: Way = luck.choice(("up", "down"))
    return luck.choice(
        (
            Mode("latency", ms=luck.uniform(50, 400), jitter_ms=luck.uniform(0, 50)),
            Mode("drop"),
            Mode("half-open", way),
            Mode("reset"),
            Mode("slow", bytes_s=luck.uniform(2_000, 50_000)),
            Mode("one-way", way),
        )
    )


def slots(hits: list[Hit], seconds: float, luck: Random) -> Iterator[Fault]:
    """Put each fault somewhere into its own slot."""
    length = (seconds - CALM_S) / max(len(hits), 1)
    for number, hit in enumerate(hits):
        room = max(length - REST_S, 0.5)
        away = min(lasting(hit.kind, luck), room)
        at = CALM_S + number * length + luck.uniform(0, (room - away) / 2)
        yield Fault(round(at, 3), hit.part, hit.kind, round(away, 3), hit.mode)


def lasting(kind: Kind, luck: Random) -> float:
    if kind in LASTS_S:
        return luck.uniform(*LASTS_S[kind])
    return luck.uniform(*AWAY_S) if luck.random() < AWAY_SHARE else 0.0
