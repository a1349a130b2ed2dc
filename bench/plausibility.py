"""`python -m bench.plausibility`: who would be looked at, honest and lying, and how surely.

Hundreds of made-up tracks of each kind, from one seed: the same numbers each time. Prints
the confusion table, with 95 % bounds (Clopper and Pearson), and what a track costs.
"""

import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import exp, lgamma, log
from pathlib import Path
from random import Random
from statistics import median

from bench.tracks.honest import HONEST, Make
from bench.tracks.planted import BEYOND, PLANTED
from bench.tracks.recorded import recorded
from services.field_visit.model.plausibility import Material, Signal, assess

SEED, EACH = 20260302, 400
SHORT = {
    Signal.MOCK_FLAG: "mock",
    Signal.IMPOSSIBLE_SPEED: "speed",
    Signal.FROZEN_FIX: "frozen",
    Signal.ZERO_VARIANCE: "no noise",
    Signal.TARGET_COPIED: "target",
    Signal.REPLAYED_TRACK: "replay",
    Signal.PAIR_MISMATCH: "pair",
    Signal.EXIF_CONTRADICTION: "exif",
    Signal.REUSED_PHOTO: "photo",
    Signal.EDITED_PHOTO: "edited",
    Signal.SCREEN_PHOTO: "screen",
    Signal.STRIPPED_PHOTO: "stripped",
}
#: A signal is said to have found a track when it scores this much.
FOUND = 0.5
BANDS = (0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1.01)


@dataclass
class Tally:
    """What became of the tracks of one kind."""

    kind: str
    wanted: Signal | None = None
    scores: list[float] = field(default_factory=list)
    found: Counter[Signal] = field(default_factory=Counter)
    looked_at: int = 0
    micros: list[float] = field(default_factory=list)

    def take(self, material: Material) -> None:
        began = time.process_time()
        assessed = assess(material)
        self.micros.append(1e6 * (time.process_time() - began))
        self.scores.append(assessed.combined)
        self.looked_at += assessed.worth_a_look
        self.found.update(f.signal for f in assessed.findings if f.score >= FOUND)

    @property
    def count(self) -> int:
        return len(self.scores)

    @property
    def rate(self) -> float:
        return self.looked_at / self.count

    @property
    def by_its_signal(self) -> float:
        return self.found[self.wanted] / self.count if self.wanted else 0.0

    @property
    def bounds(self) -> tuple[float, float]:
        return clopper_pearson(self.looked_at, self.count)


def clopper_pearson(hits: int, count: int, sure: float = 0.95) -> tuple[float, float]:
    """Return the exact bounds of a share."""
    tail = (1 - sure) / 2

    def at_most(k: int, p: float) -> float:
        return sum(chance(i, count, p) for i in range(k + 1))

    low = 0.0 if hits == 0 else solve(lambda p: 1 - at_most(hits - 1, p) < tail)
    high = 1.0 if hits == count else solve(lambda p: at_most(hits, p) > tail)
    return low, high


def chance(hits: int, count: int, p: float) -> float:
    """Return how likely exactly so many hits are."""
    if not 0 < p < 1:
        return float(hits == (count if p else 0))
    ways = lgamma(count + 1) - lgamma(hits + 1) - lgamma(count - hits + 1)
    return exp(ways + hits * log(p) + (count - hits) * log(1 - p))


def solve(holds) -> float:  # type: ignore[no-untyped-def]
    """Return up to where something holds that holds from 0 on."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def tally(kind: str, make: Make, wanted: Signal | None, seed: int, each: int) -> Tally:
    """Make the tracks of one kind and look at them; each has a seed of its own."""
    its = Tally(kind, wanted)
    for number in range(each):
        its.take(make(Random(f"{seed}/{kind}/{number}")))
    return its


def tallies(seed: int = SEED, each: int = EACH) -> tuple[list[Tally], ...]:
    """Return those of honest kinds, of planted ones, and of what lies beyond."""
    honest = [tally(kind, make, None, seed, each) for kind, make in HONEST.items()]
    planted = [tally(k, make, s, seed, each) for k, (make, s) in PLANTED.items()]
    beyond = [tally(kind, make, None, seed, each) for kind, make in BEYOND.items()]
    return honest, planted, beyond


def of_people(folder: Path) -> Tally:
    """Look at what people really recorded."""
    its = Tally("recorded by people")
    for material in recorded(folder):
        its.take(material)
    return its


def main() -> int:
    parser = ArgumentParser(
        prog="python -m bench.plausibility", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--each", type=int, default=EACH, help="tracks of each kind")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--recorded", type=Path, help="a folder of GeoLife: those alone")
    asked = parser.parse_args()
    if asked.recorded:
        print(*table("recorded", [of_people(asked.recorded)]), sep="\n")
        return 0
    honest, planted, beyond = tallies(asked.seed, asked.each)
    for line in report(honest, planted, beyond):
        print(line)
    return 0


def report(honest: list[Tally], planted: list[Tally], beyond: list[Tally]) -> Iterator[str]:
    for title, rows in (("honest", honest), ("planted", planted), ("beyond", beyond)):
        yield from ("", *table(title, rows))
    yield from ("", *bands(honest, planted))
    cost = sorted(m for its in (*honest, *planted) for m in its.micros)
    late = cost[int(0.99 * len(cost))]
    yield ""
    yield f"microseconds a track: median {median(cost):,.0f}, 99th in a hundred {late:,.0f}"


def table(title: str, rows: list[Tally]) -> Iterator[str]:
    """Each kind's row: looked at, with bounds, and the share that each signal found."""
    yield f"| {title} | looked at | 95 % | {' | '.join(SHORT.values())} |"
    yield f"|---|{'---:|' * (2 + len(SHORT))}"
    for its in rows:
        cells = (share(its, signal) for signal in SHORT)
        bounds = " to ".join(f"{100 * b:.1f}" for b in its.bounds)
        name = f"`{its.kind}`"
        yield f"| {name} | {100 * its.rate:.1f} % | {bounds} | {' | '.join(cells)} |"
    if title != "beyond":
        hits, count = sum(r.looked_at for r in rows), sum(r.count for r in rows)
        bounds = " to ".join(f"{100 * b:.2f}%" for b in clopper_pearson(hits, count))
        whole = f"| all {count:,} | {100 * hits / count:.2f}% | {bounds} |"
        yield whole + " |" * len(SHORT)


def share(its: Tally, signal: Signal) -> str:
    percent = 100 * its.found[signal] / its.count
    text = f"{percent:.0f}" if percent >= 1 or not percent else f"{percent:.1f}"
    return f"**{text}**" if signal is its.wanted else text if percent else "."


def bands(honest: list[Tally], planted: list[Tally]) -> Iterator[str]:
    """How the combined score is spread: what a score means, where half of all lie."""
    yield "| combined score, in hundredths | honest | planted |"
    yield "|---|---:|---:|"
    ours, theirs = ([s for its in rows for s in its.scores] for rows in (honest, planted))
    low = 0.0
    for high in BANDS:
        cells = [
            sum(low <= s < high for s in scores) / len(scores) for scores in (ours, theirs)
        ]
        text = " | ".join(f"{100 * cell:.2f}%" for cell in cells)
        yield f"| {100 * low:.0f} to {100 * min(high, 1.0):.0f} | {text} |"
        low = high


if __name__ == "__main__":
    sys.exit(main())
