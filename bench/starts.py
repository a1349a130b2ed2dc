"""`python -m bench.starts`: how long each part is away after a kill -9, with nobody there.

From the start to its word that it is ready, on a platform that nobody asks anything; and
the processor seconds of that. The floor is the same interpreter loading what a part stands
on and nothing of ours.
"""

import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.people import platform
from doorstep import background
from doorstep.home import Home
from doorstep.parts import EMBEDDED, Part
from doorstep.process import find, wait_until

HOME = Path("var/bench")
TIMES, LOOK_S, WITHIN_S = 7, 0.01, 60.0
#: What a part of this name stands on: the libraries that it cannot be without.
STANDS_ON = {
    "services": "import eventlet; eventlet.monkey_patch(); import nameko.runners,"
    " sqlalchemy.dialects.postgresql.psycopg2, pydantic_settings",
    "gateway": "import fastapi, uvicorn, jwt, argon2, pika, pydantic_settings,"
    " sqlalchemy.dialects.postgresql.psycopg",
}
ELSE = "import pika, pydantic_settings, sqlalchemy.dialects.postgresql.psycopg"
HEAD = f"{'seconds':<12}{'p50':>8}{'worst':>8}{'processor':>12}{'floor':>8}{'of it':>8}"


@dataclass(frozen=True)
class Start:
    """Seconds until it was ready, and of a processor until then."""

    took_s: float
    used_s: float


def main() -> int:
    parser = ArgumentParser(prog="python -m bench.starts", description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES)
    times = parser.parse_args().times
    with platform(Home(HOME)) as doorstep:
        print(HEAD)
        for part in EMBEDDED:
            found = list(starts(doorstep.home, part, doorstep.settings, times))
            print(line(part.name, found, floor(part.name, times)), flush=True)
    return 0


def starts(home: Home, part: Part, settings: dict[str, str], times: int) -> Iterator[Start]:
    """Kill a part and start it, so many times."""
    for _ in range(times):
        process = find(home.pid_file(part.name))
        assert process, f"{part.name} does not run"
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: find(home.pid_file(part.name)) is None, WITHIN_S)
        began = time.monotonic()
        background.start(home, part, settings)
        while not background.is_ready(home, part):
            assert time.monotonic() < began + WITHIN_S, f"{part.name} is not ready"
            time.sleep(LOOK_S)
        took_s = time.monotonic() - began
        again = find(home.pid_file(part.name))
        assert again, f"{part.name} was ready and is gone"
        yield Start(took_s, used_s(again.pid))


def used_s(pid: int) -> float:
    """Return the processor seconds of a process (proc(5): utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def floor(name: str, times: int) -> float:
    """Return the processor seconds of loading what a part stands on: the median."""
    code = f"import gc; gc.disable(); {STANDS_ON.get(name, ELSE)}; import os;"
    code += "print(sum(os.times()[:2]))"
    command = [sys.executable, "-W", "ignore", "-c", code]
    used = [
        float(subprocess.run(command, capture_output=True, check=True).stdout)
        for _ in range(times)
    ]
    return sorted(used)[times // 2]


def line(name: str, found: list[Start], floor_s: float) -> str:
    took = sorted(each.took_s for each in found)
    used = sorted(each.used_s for each in found)[len(found) // 2]
    numbers = f"{took[len(took) // 2]:>8.2f}{took[-1]:>8.2f}{used:>12.2f}{floor_s:>8.2f}"
    return f"{name:<12}{numbers}{used / floor_s:>7.1f}x"


if __name__ == "__main__":
    sys.exit(main())
