"""`python -m bench.packs`: what the pack of a day of thirty visits weighs, and costs.

A platform of its own under `var/bench-packs`. Processor time is that of the two processes
that make a pack, over many packs, less what they use while nobody asks for one.
"""

import gzip
import os
import sys
import tempfile
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.people import platform
from chassis.signatures import unb64
from doorstep.home import Home
from doorstep.process import find
from gateway.packs import LEVEL
from tests.world import Door, Platform

HOME = Path("var/bench-packs")
VISITS, PACKS, IDLE_S, TRIES = 30, 20, 10.0, 5
#: Bytes of a whole answer, zipped, that a day should stay below.
MOST = 64_000
MAKERS = ("services", "gateway")
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Weighed:
    """One answer: its payload, the whole of it as text, and the whole of it zipped."""

    payload: int
    text: int
    zipped: int


def main() -> int:
    """Print the numbers. Returns 1 when a day is heavier than it may be."""
    parser = ArgumentParser(prog="python -m bench.packs", description=__doc__)
    parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, platform(Home(HOME)) as doorstep:
        door = Door(doorstep, Path(folder))
        door.visits(VISITS - 1)  # the door has one
        weighed = weigh(door)
        idle = {part: share(doorstep, part) for part in MAKERS}
        spent, seconds = timed(door)
    print(f"{VISITS} visits: {weighed.payload:,} bytes of payload, {weighed.text:,} as JWS")
    light = weighed.zipped < MOST
    print(f"zipped {weighed.zipped:,}, mark < {MOST:,}: {'met' if light else 'NOT met'}")
    for part, used in spent.items():
        own = max(0.0, used - idle[part] * seconds)
        print(f"{part:9} {own / PACKS * 1000:6.1f} ms of processor a pack")
    print(f"answered in {seconds / PACKS * 1000:.0f} ms, one after the other")
    return 0 if light else 1


def ask(door: Door) -> httpx.Response:
    one = door.pair[0]
    headers = one.http.headers | {"Accept-Encoding": "identity"}
    url = f"{door.platform.url}/v1/pack?device_id={one.phone.device_id}"
    for _ in range(TRIES):  # a busy machine is told to ask again, as any phone is
        answer = httpx.get(url, headers=headers, timeout=60, trust_env=False)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
    assert answer.is_success, answer.text
    return answer


def weigh(door: Door) -> Weighed:
    content = ask(door).content
    payload = unb64(content.split(b".")[1].decode())
    return Weighed(len(payload), len(content), len(gzip.compress(content, LEVEL)))


def timed(door: Door) -> tuple[dict[str, float], float]:
    """Fetch many; return the processor seconds of each maker, and those that passed."""
    before = {part: used(door.platform, part) for part in MAKERS}
    began = time.monotonic()
    for _ in range(PACKS):
        ask(door)
    seconds = time.monotonic() - began
    spent = {part: used(door.platform, part) - before[part] for part in MAKERS}
    return spent, seconds


def share(doorstep: Platform, part: str) -> float:
    """Return how much of a processor a part uses while nobody asks."""
    before = used(doorstep, part)
    time.sleep(IDLE_S)
    return (used(doorstep, part) - before) / IDLE_S


def used(doorstep: Platform, part: str) -> float:
    """Return the processor seconds of a part since it was started."""
    process = find(doorstep.home.pid_file(part))
    assert process is not None, f"{part} does not run"
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


if __name__ == "__main__":
    sys.exit(main())
