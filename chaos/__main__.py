"""`make chaos`: a hundred kills in five minutes, and the checks of what is left.

The seed comes first; given again, it replays the schedule. Ends with the six counters,
and with 0 only when nothing was lost, duplicated or unexpected.
"""

import resource
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from chaos.faults.schedule import PARTS, Counts
from chaos.flows import FLOWS
from chaos.planted import BUGS
from chaos.report import Report
from chaos.run import Wanted, run
from doorstep.home import Home

#: A run with a bug in it shows it soon; what then hangs is not waited for so long.
HEAL_S, HEAL_WITH_A_BUG_S = 90.0, 20.0


def main() -> int:
    words = read()
    print(f"seed {words.seed}", flush=True)
    open_as_many_as_may_be()
    wanted = Wanted(
        seed=words.seed,
        seconds=words.seconds,
        counts=Counts(
            words.kills,
            words.freezes,
            words.cuts,
            words.alarms,
            words.lost_data,
            words.blocks,
        ),
        crews=words.crews,
        pairs=words.pairs,
        visits=words.visits,
        bug=words.plant,
        flow=words.flow,
        only=tuple(words.only),
        apart=words.apart,
        twice=words.twice,
        heal_s=words.heal or (HEAL_WITH_A_BUG_S if words.plant else HEAL_S),
    )
    report = Report(run(wanted, Home(words.home.absolute()), words.keep), wanted.visits)
    if words.keep:
        (words.home / "chaos" / "timeline").write_text("\n".join(report.timeline()))
    print("\n".join(report.lines()), flush=True)
    return 0 if report.green else 1


def open_as_many_as_may_be() -> None:
    """Raise how many files may be open: two thousand phones have a connection each."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def read() -> Namespace:
    parser = ArgumentParser(prog="python -m chaos", description=__doc__.partition("\n")[0])
    seed = time.time_ns() // 1_000_000 % 1_000_000
    parser.add_argument("--seed", type=int, default=seed, help="replays a schedule")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--freezes", type=int, help="about three to ten kills by default")
    parser.add_argument(
        "--cuts", type=int, help="of the network; twenty to a hundred kills"
    )
    parser.add_argument("--alarms", type=int, default=0, help="of the broker's memory")
    parser.add_argument(
        "--lost-data", type=int, default=0, help="the broker loses its data"
    )
    parser.add_argument(
        "--blocks", type=int, default=1, help="a hearer's table takes nothing"
    )
    parser.add_argument("--crews", type=int, default=6, help="pairs at work at once")
    parser.add_argument("--pairs", type=int, default=0, help="pairs in all, one by one")
    parser.add_argument("--visits", type=int, default=0, help="to be made at least")
    parser.add_argument("--heal", type=float, help="seconds in which all must have settled")
    parser.add_argument("--plant", choices=BUGS, help="a bug that must be found")
    told = sorted(flow.name for flow in FLOWS if flow.stories)
    parser.add_argument("--flow", choices=told, help="what crews do is of this flow alone")
    parser.add_argument("--apart", action="store_true", help="one fault at a time")
    parser.add_argument("--twice", action="store_true", help="two processes of services")
    parser.add_argument(
        "--only", action="append", default=[], choices=PARTS, help="whose faults"
    )
    parser.add_argument("--home", type=Path, default=Path("var/chaos"))
    parser.add_argument("--keep", action="store_true", help="leave data and logs there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
