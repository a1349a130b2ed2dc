"""`make chaos`: a hundred kills in five minutes, and six checks of what is left.

The seed comes first; given again, it replays the schedule. Ends with the six counters,
and with 0 only when nothing was lost, duplicated or unexpected.
"""

import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from chaos.faults.schedule import KILLS
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
    wanted = Wanted(
        seed=words.seed,
        seconds=words.seconds,
        kills=words.kills,
        crews=words.crews,
        pairs=words.pairs,
        visits=words.visits,
        bug=words.plant,
        flow=words.flow,
        only=tuple(words.only),
        freezes=words.freezes,
        apart=words.apart,
        heal_s=HEAL_WITH_A_BUG_S if words.plant else HEAL_S,
    )
    report = Report(run(wanted, Home(words.home.absolute()), words.keep), wanted.visits)
    if words.keep:
        (words.home / "chaos" / "timeline").write_text("\n".join(report.timeline()))
    print("\n".join(report.lines()), flush=True)
    return 0 if report.green else 1


def read() -> Namespace:
    parser = ArgumentParser(prog="python -m chaos", description=__doc__.partition("\n")[0])
    seed = time.time_ns() // 1_000_000 % 1_000_000
    parser.add_argument("--seed", type=int, default=seed, help="replays a schedule")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--freezes", type=int, help="about three to ten kills by default")
    parser.add_argument("--crews", type=int, default=6, help="pairs at work at once")
    parser.add_argument("--pairs", type=int, default=0, help="pairs in all, one by one")
    parser.add_argument("--visits", type=int, default=0, help="to be made at least")
    parser.add_argument("--plant", choices=BUGS, help="a bug that must be found")
    flows = [flow.name for flow in FLOWS if flow.stories]
    parser.add_argument("--flow", choices=flows, default="", help="no other's stories")
    parser.add_argument("--apart", action="store_true", help="one fault at a time")
    parser.add_argument(
        "--only", action="append", default=[], choices=KILLS, help="whose faults"
    )
    parser.add_argument("--home", type=Path, default=Path("var/chaos"))
    parser.add_argument("--keep", action="store_true", help="leave data and logs there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
