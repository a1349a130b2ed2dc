"""`make bench`: check-ins, signed and judged, beside the floor of the same machine.

A platform of its own under `var/bench`, at a fixed ticking moment; nothing is kept. Every
request is the first check-in of a visit of its own, made and signed just before.
`--quick` takes few visits and short rounds.
"""

import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from bench import judging, load, table
from bench.events import Carried, Delay, carried, delay, drained
from bench.floor import Floor
from bench.load import Measured, fire
from bench.people import Crew, platform
from bench.stored import Stored
from bench.table import Round
from doorstep.home import Home

CLIENTS = (1, 8, 32, 64)
HOME = Path("var/bench")
#: A short round before each warms up, and tells how many requests the real one may need.
WARM_S, FIRST_RATE, MARGIN = 1, 200, 1.7


@dataclass(frozen=True)
class Plan:
    """How much is measured: visits stored, seconds a round, events that wait."""

    sizes: tuple[int, ...]
    seconds: int
    events: int


FULL = Plan(sizes=(5_000, 500_000), seconds=5, events=20_000)
QUICK = Plan(sizes=(5_000,), seconds=2, events=4_000)


def main() -> int:
    """Print the table. Returns 1 when something was answered otherwise than it should."""
    parser = ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="5,000 visits, short rounds")
    plan = QUICK if parser.parse_args().quick else FULL
    load.wrk()
    with tempfile.TemporaryDirectory() as folder, platform(Home(HOME)) as doorstep:
        bench = Bench(Crew(doorstep, Path(folder)), plan)
        late, many = bench.events()
        say(table.HEAD)
        rounds = []
        for each in bench.rounds():
            rounds.append(each)
            say(*table.lines(each))
        say(*table.compared(rounds), *table.of_events(many, late))
        say(table.of_judging(judging.measured()))
    complaints = [*wrong(rounds), *lost(late)]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


def say(*lines: str) -> None:
    """Print lines now: a whole run takes minutes."""
    for line in lines:
        print(line, flush=True)


def wrong(rounds: list[Round]) -> Iterator[str]:
    """Say where not everything was answered with 200."""
    for each in rounds:
        where = f"{each.visits:,} visits, {each.clients} clients"
        for name, run in (("check-ins", each.ours), ("requests to the floor", each.floor)):
            if run.wrong:
                counts = f"{dict(run.statuses)}, {run.lost} lost"
                yield f"{where}: not all {name} were answered with 200: {counts}"


def lost(late: Delay) -> Iterator[str]:
    if late.lost:
        yield f"{late.lost} committed events were never seen by their follower"


class Bench:
    """One run on one platform."""

    def __init__(self, crew: Crew, plan: Plan) -> None:
        self.crew, self.plan, self.platform = crew, plan, crew.platform
        url = self.platform.settings["DATABASE_URL"]
        self.stored, self.unused = Stored(url, crew.planned, crew.closed), list[UUID]()

    def events(self) -> tuple[Delay, Carried]:
        late = delay(self.crew, 2 * self.plan.seconds)
        return late, carried(self.platform, self.plan.events)

    def rounds(self) -> Iterator[Round]:
        """Grow, and measure at every number of clients, the floor each time just before."""
        with Floor(self.platform.settings) as floor:
            body = self.crew.door.present(self.crew.planned)
            for size in self.plan.sizes:
                self.stored.grow(size)
                for clients in CLIENTS:
                    again = [floor.request(body)]
                    best = fire(floor.url, again, clients, self.plan.seconds, again=True)
                    yield self.round(size, clients, best)

    def round(self, size: int, clients: int, floor: Measured) -> Round:
        warm = self.check_in(clients, WARM_S, FIRST_RATE)
        drained(self.platform)
        visits = self.stored.count()
        ours = self.check_in(clients, self.plan.seconds, warm.rate)
        return Round(size, visits, clients, ours, floor, drained(self.platform))

    def check_in(self, clients: int, seconds: int, rate: float) -> Measured:
        """Check in as many visits as there is time for.

        Where more were asked for than this rate foretold, it is done again with more.
        """
        count = int(rate * seconds * MARGIN) + 10 * clients
        if (missing := count - len(self.unused)) > 0:
            self.unused += self.stored.plan(missing)
        requests = self.crew.check_ins(self.unused[:count])
        run = fire(self.platform.url, requests, clients, seconds)
        self.unused = self.unused[run.taken :]
        return run if not run.ran_out else self.check_in(clients, seconds, 2 * rate)


if __name__ == "__main__":
    sys.exit(main())
