"""`python -m bench.uploads`: photos and sound by tus, beside a sink that only writes.

A platform of its own under `var/bench`. Uploads are announced beforehand, as rows; what is
measured is the one PATCH that brings a whole file: hashed, synced, kept under its digest,
landed and receipted. Each file differs from all others. The floor is measured just before
each round, on the same disk.
"""

import hashlib
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from random import Random
from urllib.parse import urlsplit
from uuid import UUID

import psycopg

from bench import load
from bench.load import Measured, fire
from bench.people import name_of, platform
from bench.sink import Sink
from bench.spent import Spent
from bench.table import verdict
from doorstep.client import Gateway
from doorstep.home import Home
from doorstep.process import find
from gateway.uploads.headers import STREAMED
from proto import ids
from tests.world import Collector, Door, Platform

HOME = Path("var/bench")
MB = 1_000_000
WARM_S, MARGIN = 1, 1.7
#: Visits of each pair: what is told of a visit is read for each file of it.
PHONES, VISITS = 8, 20
HEAD = (
    f"{'':8} {'files':>8} {'clients':>7} {'/s':>7} {'MB/s':>7} {'p50 ms':>8} {'p99 ms':>8}"
    f" {'of floor':>8} {'peak MB':>8}  marks"
)
ROW = (
    "INSERT INTO gateway.upload (id, visit_id, case_id, agency_id, person_id, device_id,"
    " media_type, sha256, captured_at, length, received, state, wanted, made_at,"
    " expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, 'open', 0, %s,"
    " %s + interval '7 days')"
)


@dataclass(frozen=True)
class Kind:
    """Files of one kind and size, at so many clients, and what should be reached.

    A first rate is guessed, to prepare enough of them.
    """

    name: str
    media_type: str
    begins: bytes
    size: int
    clients: int
    guess: float
    rate: float = 0
    mb_s: float = 0
    peak_mb: float = 0


PHOTO, SOUND = ("image/jpeg", b"\xff\xd8\xff\xe0"), ("audio/ogg", b"OggS")
KINDS = (
    Kind("photo", *PHOTO, MB, 1, 100),
    Kind("photo", *PHOTO, MB, 8, 200, rate=150),
    Kind("photo", *PHOTO, MB, 32, 200),
    Kind("sound", *SOUND, 10 * MB, 8, 30, mb_s=250),
    Kind("sound", *SOUND, 10 * MB, 32, 30, peak_mb=200),
)


@dataclass(frozen=True)
class Round:
    """What a round showed; `peak_mb` is the gateway's largest resident memory in it."""

    kind: Kind
    ours: Measured
    floor: Measured
    peak_mb: float
    spent: Spent

    def lines(self) -> list[str]:
        ratio = self.ours.rate / self.floor.rate if self.floor.rate else 0.0
        ours = figures(self.kind.name, self.kind, self.ours)
        marks = ", ".join(f"{says}: {verdict(met)}" for says, met in self.marks())
        return [
            figures("floor", self.kind, self.floor),
            f"{ours} {ratio:8.1%} {self.peak_mb:8.0f}  {marks}".rstrip(),
            self.spent.line(self.ours.good),
        ]

    def marks(self) -> Iterator[tuple[str, bool]]:
        kind = self.kind
        if kind.rate:
            yield f">= {kind.rate:.0f}/s", self.ours.rate >= kind.rate
        if kind.mb_s:
            yield f">= {kind.mb_s:.0f} MB/s", mb_s(kind, self.ours) >= kind.mb_s
        if kind.peak_mb:
            yield f"< {kind.peak_mb:.0f} MB", self.peak_mb < kind.peak_mb


def mb_s(kind: Kind, run: Measured) -> float:
    return run.rate * kind.size / MB


def figures(name: str, kind: Kind, run: Measured) -> str:
    files = f"{kind.size // MB} MB"
    rates = f"{run.rate:7,.0f} {mb_s(kind, run):7,.0f}"
    times = f"{run.p50_ms:8.1f} {run.p99_ms:8.1f}"
    return f"{name:8} {files:>8} {kind.clients:7} {rates} {times}"


class Bench:
    """Phones of one platform, and the uploads they announce."""

    def __init__(self, doorstep: Platform, folder: Path, seconds: int) -> None:
        self.platform, self.seconds, self.folder = doorstep, seconds, folder
        self.doors = [Door(doorstep, folder / str(n)) for n in range(PHONES // 2)]
        self.visits = {door.agency_id: self.at_doors(door) for door in self.doors}
        self.media = Path(doorstep.settings["DOORSTEP_MEDIA"])
        self.count = 0

    def at_doors(self, door: Door) -> list[tuple[UUID, UUID]]:
        """Plan a pair's visits; return each with its case."""
        planned = {door.visit_id, *door.visits(VISITS - 1)}
        self.platform.settle()
        query = "SELECT id, case_id FROM field_visit.visit WHERE id = ANY(%s)"
        return self.platform.rows(query, list(planned))

    def rounds(self, kinds: Sequence[Kind]) -> Iterator[Round]:
        self.media.mkdir(parents=True, exist_ok=True)
        with Sink(self.media) as sink:
            for kind in kinds:
                filler = self.folder / "filler"
                filler.write_bytes(Random(1).randbytes(kind.size - beginning(kind, 0)[1]))
                floor = self.floor(sink, kind, filler)
                self.fire(kind, WARM_S, kind.guess, filler)
                rate = max(kind.guess, floor.rate)
                ours, spent = self.fire(kind, self.seconds, rate, filler)
                yield Round(kind, ours, floor, peak_mb(self.gateway()), spent)

    def floor(self, sink: Sink, kind: Kind, filler: Path) -> Measured:
        request = patch(sink.url, "/", beginning(kind, 0)[0], kind.size, {})
        return fire(
            sink.url, [request], kind.clients, self.seconds, again=True, filler=filler
        )

    def fire(
        self, kind: Kind, seconds: int, rate: float, filler: Path
    ) -> tuple[Measured, Spent]:
        """Send files for so long; again with more of them when they ran out."""
        count = int(rate * seconds * MARGIN) + 2 * kind.clients
        requests = self.announced(kind, count, filler.read_bytes())
        forget_peak(self.gateway())  # signing in takes 64 MiB a password
        with Spent(self.platform.home) as spent:
            run = fire(self.platform.url, requests, kind.clients, seconds, filler=filler)
        if run.ran_out:
            return self.fire(kind, seconds, 2 * rate, filler)
        return run, spent

    def announced(self, kind: Kind, count: int, filler: bytes) -> list[bytes]:
        """Announce files, each phone in its turn; return their requests."""
        requests, rows = [], []
        senders = cycle(list(self.senders()))
        for door, sender, headers in islice(senders, count):
            self.count += 1
            visits = self.visits[door.agency_id]
            visit_id, case_id = visits[self.count // PHONES % len(visits)]
            begins, _ = beginning(kind, self.count)
            sha256 = hashlib.sha256(begins + filler).hexdigest()
            media_id, now = ids.new(), self.platform.now()
            whose = (visit_id, case_id, door.agency_id, sender.person_id)
            what = (sender.phone.device_id, kind.media_type, sha256, now, kind.size)
            rows.append((media_id, *whose, *what, now, now))
            path = f"/v1/uploads/{media_id}"
            requests.append(patch(self.platform.url, path, begins, kind.size, headers))
        with psycopg.connect(self.platform.settings["DATABASE_URL"]) as connection:
            connection.cursor().executemany(ROW, rows)
        return requests

    def senders(self) -> Iterator[tuple[Door, Collector, dict[str, str]]]:
        """Yield every phone with a fresh token: ten minutes are soon over."""
        for door in self.doors:
            for sender in door.pair:
                again: Gateway = self.platform.signed_in(name_of(sender.http))
                yield door, sender, dict(again.headers)

    def gateway(self) -> int:
        process = find(self.platform.home.pid_file("gateway"))
        assert process is not None
        return process.pid


def beginning(kind: Kind, number: int) -> tuple[bytes, int]:
    """Return the first bytes of a file, which no other has, and how many they are."""
    begins = kind.begins + b"%028d" % number
    return begins, len(begins)


def patch(url: str, path: str, begins: bytes, size: int, headers: dict[str, str]) -> bytes:
    """Write a request as it goes over the wire, up to where all files are the same."""
    told = {"Host": urlsplit(url).netloc, "Content-Length": str(size), **headers}
    told |= {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": STREAMED}
    lines = [f"PATCH {path} HTTP/1.1", *(f"{name}: {text}" for name, text in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + begins


def forget_peak(pid: int) -> None:
    """Let the largest resident memory be the present one (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / MB
    raise LookupError(f"no VmHWM in /proc/{pid}/status")


def main() -> int:
    """Print the table. Returns 1 when something was answered otherwise than it should."""
    parser = ArgumentParser(prog="python -m bench.uploads")
    parser.add_argument("--quick", action="store_true", help="short rounds")
    parser.add_argument("--photos", action="store_true", help="photos at 8 clients alone")
    said = parser.parse_args()
    seconds, kinds = 2 if said.quick else 5, KINDS[1:2] if said.photos else KINDS
    load.wrk()
    with ExitStack() as stack:
        doorstep = stack.enter_context(platform(Home(HOME)))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        print(HEAD, flush=True)
        complaints = []
        for each in Bench(doorstep, Path(folder), seconds).rounds(kinds):
            print("\n".join(each.lines()), flush=True)
            complaints += [*wrong(each)]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


def wrong(each: Round) -> Iterator[str]:
    """Say where not every file was taken."""
    for name, run in ((each.kind.name, each.ours), ("floor", each.floor)):
        if run.wrong:
            counts = f"{dict(run.statuses)}, {run.lost} lost"
            yield f"{name}, {each.kind.clients} clients: not all were taken: {counts}"


if __name__ == "__main__":
    sys.exit(main())
