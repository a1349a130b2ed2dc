"""What is printed: a line a round, and beside it what was promised."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.events import Carried, Delay
from bench.judging import MOST_US, Judging
from bench.load import Measured

#: How much slower check-ins may be with a hundred times the visits, and at which clients.
WITHIN, COMPARED = 0.10, (8, 32)
HEAD = (
    f"{'':8} {'visits':>8} {'clients':>7} {'/s':>7} {'p50 ms':>8} {'p99 ms':>8}"
    f" {'of floor':>8} {'behind':>7}  marks"
)


@dataclass(frozen=True)
class Round:
    """A round of check-ins, the floor beside it, and what it left undone.

    `size` is how many visits were asked for, `visits` how many there were; `behind` the
    events that had not arrived everywhere when it ended.
    """

    size: int
    visits: int
    clients: int
    ours: Measured
    floor: Measured
    behind: int


@dataclass(frozen=True)
class Mark:
    """What a round at so many clients should reach."""

    says: str
    met: Callable[[Measured], bool]


MARKS: Mapping[int, tuple[Mark, ...]] = {
    1: (Mark("p50 < 7 ms", lambda run: run.p50_ms < 7),),
    8: (Mark(">= 600/s", lambda run: run.rate >= 600),),
    32: (
        Mark(">= 1,200/s", lambda run: run.rate >= 1_200),
        Mark("p99 < 80 ms", lambda run: run.p99_ms < 80),
    ),
}


def lines(each: Round) -> list[str]:
    """Return two lines of a round: the floor, then ours with its ratio and its marks."""
    marks = ", ".join(judged(mark, each.ours) for mark in MARKS.get(each.clients, ()))
    ours = figures("check-in", f"{each.visits:,}", each.clients, each.ours)
    ratio = each.ours.rate / each.floor.rate
    return [
        figures("floor", "", each.clients, each.floor),
        f"{ours} {ratio:8.1%} {each.behind:7,}  {marks}".rstrip(),
    ]


def figures(name: str, visits: str, clients: int, run: Measured) -> str:
    times = f"{run.p50_ms:8.1f} {run.p99_ms:8.1f}"
    return f"{name:8} {visits:>8} {clients:7} {run.rate:7,.0f} {times}"


def judged(mark: Mark, run: Measured) -> str:
    return f"{mark.says}: {verdict(mark.met(run))}"


def verdict(met: bool) -> str:
    return "met" if met else "NOT met"


def compared(rounds: Sequence[Round]) -> list[str]:
    """Say what the most visits cost beside the fewest; nothing where there is one size."""
    found = {(each.size, each.clients): each for each in rounds}
    few, many = (pick(each.size for each in rounds) for pick in (min, max))
    if few == many:
        return []
    return [beside(found[few, clients], found[many, clients]) for clients in COMPARED]


def beside(few: Round, many: Round) -> str:
    """Compare the rates. What the floor did meanwhile tells how quiet the machine was."""
    rate, floor = many.ours.rate / few.ours.rate, many.floor.rate / few.floor.rate
    return (
        f"{many.size:,} visits beside {few.size:,}, {few.clients} clients: "
        f"{rate:.0%} of the rate (the floor meanwhile {floor:.0%}), "
        f"at least {1 - WITHIN:.0%}: {verdict(rate >= 1 - WITHIN)}"
    )


def of_events(carried: Carried, late: Delay) -> list[str]:
    return [
        f"relay: {carried.published:,.0f} events/s published, "
        f"{carried.heard:,.0f}/s taken in by the service that hears them",
        f"event, committed to seen by a follower, at {late.rate:.0f}/s: "
        f"p50 {late.p50_ms:.0f} ms, p99 {late.p99_ms:.0f} ms",
    ]


def of_judging(run: Judging) -> str:
    """Say what the books as data cost beside the same clauses by hand."""
    ratio = run.books_us / run.by_hand_us
    return (
        f"one act judged by four books: {run.books_us:.1f} microseconds, "
        f"{ratio:.1f} times the same by hand ({run.by_hand_us:.1f}); "
        f"< {MOST_US}: {verdict(run.met)}"
    )
