"""`make bench`: check-ins, signed and judged, beside the floor of the same machine.

A platform of its own under `var/bench`, at a fixed ticking moment; nothing is kept.
The load generator is Python's and shares the cores: above some 400 a second it is the
limit itself, which the floor's line shows.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from timeit import timeit

import rulebook
from bench.load import Measured, Shot, fire
from bench.people import check_ins, good_entry, platform
from doorstep import ports
from doorstep.home import Home
from doorstep.process import wait_until
from proto.decision import Act
from tests.world import Door

CLIENTS, SHOTS = (1, 8), 400
HOME = Path("var/bench")


def main() -> int:
    """Print the table. Returns 1 when a request was not answered as it should be."""
    lines, wrong = [], 0
    with tempfile.TemporaryDirectory() as folder, platform(Home(HOME)) as doorstep:
        door = Door(doorstep, Path(folder))
        with Floor(doorstep.settings) as floor:
            for clients in CLIENTS:
                best = fire(floor.url, [Shot("/", b"{}", {})] * SHOTS, clients)
                ours = fire(doorstep.url, check_ins(door, SHOTS), clients)
                wrong += SHOTS - ours.statuses.get(200, 0)
                lines += [line("floor", clients, best), line("check-in", clients, ours)]
                lines.append(f"{'':10} {'':>7}   {ours.rate / best.rate:.1%} of the floor")
    print(f"{'':10} {'clients':>7} {'/s':>8} {'p50 ms':>8} {'p99 ms':>8}")
    print("\n".join(lines))
    print(f"one act judged by five books: {judging_us():.1f} microseconds")
    if wrong:
        print(f"{wrong} check-ins were not answered with 200", file=sys.stderr)
    return 1 if wrong else 0


def line(name: str, clients: int, run: Measured) -> str:
    figures = f"{run.rate:8.0f} {run.p50_ms:8.1f} {run.p99_ms:8.1f}"
    return f"{name:10} {clients:>7} {figures}"


class Floor:
    """The bare app on a port of its own, beside the same database."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.settings, self.port = settings, ports.next_free(8460)
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Floor":
        command = [sys.executable, "-m", "uvicorn", "bench.floor:app", "--no-access-log"]
        command += ["--port", str(self.port), "--log-level", "warning"]
        self.process = subprocess.Popen(command, env=self.settings)
        if not wait_until(lambda: not ports.is_free(self.port), 10):
            raise TimeoutError(f"the floor did not open port {self.port} in 10 s")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


def judging_us() -> float:
    """Return microseconds to judge an entry that nothing speaks against."""
    facts = good_entry()
    books, day = tuple(rulebook.load()), facts.starts_at.date()
    assert rulebook.judge(Act.ENTER_PREMISES, facts, books, day).outcome == "proceed"
    rounds = 5000
    once = timeit(
        lambda: rulebook.judge(Act.ENTER_PREMISES, facts, books, day), number=rounds
    )
    return once / rounds * 1e6


if __name__ == "__main__":
    sys.exit(main())
