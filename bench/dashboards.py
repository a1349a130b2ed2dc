"""`python -m bench.dashboards`: how late 200 dashboards see 200 events a second.

A platform of its own under `var/bench`; the dashboards are of compliance, who is told
everything. From the commit of an event to each dashboard that has it; beside it the same
bytes from a bare asyncio sender, which writes each event to each socket at once.
"""

import asyncio
import json
import multiprocessing
import re
import sys
import time
from argparse import ArgumentParser
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import psycopg

from bench.events import commit
from bench.people import platform
from bench.watching import Seen, watch
from doorstep import ports
from doorstep.home import Home
from doorstep.process import find
from proto import ids
from tests.world import Platform

DASHBOARDS, PER_SECOND, SECONDS, WARM_S = 200, 200, 20, 2
LATE_S, MARK_MS = 3.0, 150
FRAME = re.compile(rb"(event: field_visit\.\w+\ndata: ([^\n]+)\nid: \S+\.(\d+)\n\n)")
TICKS = 100  # of `/proc`, a second (USER_HZ)


@dataclass(frozen=True)
class Delays:
    """Milliseconds from said to seen, over all dashboards; `missing` never came."""

    p50_ms: float
    p99_ms: float
    most_ms: float
    missing: int
    cpu: float


def main() -> int:
    """Print the table. Returns 1 when a dashboard missed an event."""
    parser = ArgumentParser(
        prog="python -m bench.dashboards", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--dashboards", type=int, default=DASHBOARDS)
    chosen = parser.parse_args()
    with platform(Home(Path("var/bench"))) as doorstep:
        doorstep.mints = True
        ours, frame = measured(doorstep, chosen.dashboards, chosen.seconds)
    floor = bare(frame, chosen.dashboards, chosen.seconds)
    print(f"{chosen.dashboards} dashboards, {PER_SECOND} events/s, {chosen.seconds} s")
    print(f"{'':12} {'p50 ms':>8} {'p99 ms':>8} {'most ms':>8} {'missing':>8} {'core':>6}")
    for name, each in (("bare sender", floor), ("doorstep", ours)):
        print(
            f"{name:12} {each.p50_ms:8.1f} {each.p99_ms:8.1f} {each.most_ms:8.1f}"
            f" {each.missing:8,} {each.cpu:6.0%}"
        )
    print(f"p99 < {MARK_MS} ms: {'met' if ours.p99_ms < MARK_MS else 'NOT met'}")
    return 1 if ours.missing else 0


def measured(doorstep: Platform, dashboards: int, seconds: int) -> tuple[Delays, bytes]:
    """Commit events at a steady pace; return the delays, and an event as it was sent."""
    address = urlsplit(doorstep.url)
    requests = [request(doorstep) for _ in range(dashboards)]
    gateway = find(doorstep.home.pid_file("gateway"))
    assert gateway is not None
    with watching(address.port or 80, requests) as seen:
        with psycopg.connect(doorstep.settings["DATABASE_URL"], autocommit=True) as its:
            paced(lambda: commit(its, ids.new()), WARM_S)
            began = cpu_s(gateway.pid)
            said = paced(lambda: commit(its, ids.new()), seconds)
            used = cpu_s(gateway.pid) - began
        time.sleep(LATE_S)
        found = seen()
    frames = {json.loads(data)["id"]: (int(at), whole) for whole, data, at in FRAME.findall(
        found[0].text
    )}  # fmt: skip
    at = {frames[each][0]: moment for each, moment in said.items() if each in frames}
    return delays(at, found, len(said), used / seconds), next(iter(frames.values()))[1]


def request(doorstep: Platform) -> bytes:
    token = doorstep.minted("compliance", {})
    head = f"GET /v1/events HTTP/1.1\r\nHost: doorstep\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}\r\n".encode()


@contextmanager
def watching(port: int, requests: Sequence[bytes]) -> Iterator[Callable[[], list[Seen]]]:
    """Let that many dashboards read in a process of their own, until they are asked."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=watch, args=(port, requests, there), daemon=True)
    process.start()
    assert here.recv() == "ready"

    def seen() -> list[Seen]:
        here.send("enough")
        found: list[Seen] = here.recv()
        return found

    yield seen
    process.join()


def paced(say: Callable[[], str], seconds: int) -> dict[str, float]:
    """Say something so many times a second; return when each was said."""
    began, said = time.monotonic(), {}
    for number in range(PER_SECOND * seconds):
        time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        said[say()] = time.time()
    return said


def delays(said: dict[int, float], seen: Sequence[Seen], count: int, cpu: float) -> Delays:
    """Compare when each offset was said with when each dashboard had come up to it."""
    late, missing = list[float](), (count - len(said)) * len(seen)
    for each in seen:
        offsets = [offset for _, offset in each.arrivals]
        for offset, moment in said.items():
            if (found := bisect_left(offsets, offset)) < len(offsets):
                late.append((each.arrivals[found][0] - moment) * 1000)
            else:
                missing += 1
    missing += sum(seen[0].events - each.events for each in seen)
    cuts = quantiles(late, n=100, method="inclusive")
    return Delays(cuts[49], cuts[98], max(late), missing, cpu)


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used, in seconds (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def bare(frame: bytes, dashboards: int, seconds: int) -> Delays:
    """Measure the bare sender with events of the same size."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    port = ports.next_free(8470)
    args = (port, len(frame), dashboards, seconds, there)
    process = spawn.Process(target=send, args=args, daemon=True)
    process.start()
    assert here.recv() == "open"
    with watching(port, [b"GET / HTTP/1.1\r\n\r\n"] * dashboards) as seen:
        here.send("go")
        said, used = here.recv()
        time.sleep(LATE_S)
        found = seen()
        here.send("seen")
    process.join()
    return delays(said, found, len(said), used / seconds)


def send(port: int, size: int, dashboards: int, seconds: int, pipe: Connection) -> None:
    with asyncio.Runner() as runner:
        pipe.send(runner.run(sent(port, size, dashboards, seconds, pipe)))
        runner.run(asyncio.to_thread(pipe.recv))  # all is seen


async def sent(
    port: int, size: int, dashboards: int, seconds: int, pipe: Connection
) -> tuple[dict[int, float], float]:
    """Write events to everybody, each at its moment; return the moments, and the cost."""
    writers = list[asyncio.StreamWriter]()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n: ping\n\n")
        writers.append(writer)

    server = await asyncio.start_server(take, "127.0.0.1", port)
    pipe.send("open")
    await asyncio.to_thread(pipe.recv)
    began, said, used = time.monotonic(), dict[int, float](), time.process_time()
    for number in range(PER_SECOND * seconds):
        await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        said[number] = time.time()
        place = b"\nid: x.%d\n\n" % number
        event = b"event: e\ndata: ".ljust(size - len(place), b"x") + place
        for writer in writers:
            writer.write(event)
    used = time.process_time() - used
    server.close()
    return said, used


if __name__ == "__main__":
    sys.exit(main())
