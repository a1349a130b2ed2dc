"""`python -m bench.journal`: journals of phones, fifty entries a request, beside a floor.

A platform of its own under `var/bench`. Each request is a phone's next fifty entries,
mostly positions, made and signed beforehand; many phones send side by side. The floor
stores the same bodies and checks nothing; it is measured just before, on the same machine.
"""

import json
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from bench import load
from bench.floor import Floor
from bench.load import Measured, fire, post
from bench.people import platform, present
from bench.table import verdict
from doorstep.client import Gateway
from doorstep.home import Home
from doorstep.phone import signed
from proto import ids
from proto.facts import (
    Fact,
    Introduced,
    Knocked,
    PersonMet,
    PositionNoted,
    Recording,
    Relation,
    ShiftStarted,
)
from proto.journal import GENESIS, Entry
from tests.acting import AT_THE_DOOR
from tests.acting import Phone as Paper
from tests.world import Collector, Door, Platform, sent

HOME = Path("var/bench")
#: Entries of a request, pairs whose phones send, entries a second that should be reached.
SIZE, PAIRS, MARK = 50, 8, 5_000
CLIENTS = (1, 8, 16)
#: A short round warms up, and tells how many requests the real one may need.
WARM_S, FIRST_RATE, MARGIN = 1, 60, 1.7
HERE = PositionNoted(position=AT_THE_DOOR, provider="fused", mocked=False, satellites=9)
AT_A_DOOR: tuple[Fact, ...] = (
    Knocked(times=2),
    Introduced(mandate_declared=True, badge_shown=True, letter_shown=True),
    PersonMet(relation=Relation.NEIGHBOUR),
    Recording(announced=True, running=True),
)
HEAD = (
    f"{'clients':>8} {'requests/s':>10} {'entries/s':>10} {'p50 ms':>8} {'p99 ms':>8}"
    " of floor"
)


class Sender(NamedTuple):
    """A phone that sends, its own journal on paper, and the visit it tells of."""

    http: Gateway
    paper: Paper
    visit_id: UUID


def main() -> int:
    """Print the table. Returns 1 when something was answered otherwise than with 200."""
    parser = ArgumentParser(
        prog="python -m bench.journal", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="short rounds")
    seconds = 2 if parser.parse_args().quick else 5
    load.wrk()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, platform(Home(HOME)) as doorstep:
        senders = everybody(doorstep, Path(folder))
        print(HEAD, flush=True)
        with Floor(doorstep.settings) as floor:
            for clients in CLIENTS:
                ours, beside = round_of(doorstep, floor, senders, clients, seconds)
                print(line(clients, ours, beside), flush=True)
                wrong += ours.wrong + beside.wrong
    return 1 if wrong else 0


def everybody(doorstep: Platform, folder: Path) -> list[Sender]:
    """Bring pairs to their doors; both phones of each will send."""
    doorstep.mints = True
    found = []
    for _ in range(PAIRS):
        door = Door(doorstep, folder)
        sent(door.pair[0].http, door.path("/check-ins"), present(door.pair, door.visit_id))
        found += [sender(each, door.visit_id) for each in door.pair]
    return found


def sender(collector: Collector, visit_id: UUID) -> Sender:
    """Let a phone begin its day; from then on its journal is made on paper."""
    phone = collector.phone
    paper = Paper(phone.collector_id, phone.device_id, phone._key, 0, GENESIS)
    begun = paper.writes(None, collector.platform.now(), ShiftStarted())
    body = {"journal": begun.model_dump(mode="json")}
    sent(collector.http, f"/v1/visits/{visit_id}/journal", body)
    return Sender(collector.http, paper, visit_id)


def round_of(
    doorstep: Platform, floor: Floor, senders: list[Sender], clients: int, seconds: int
) -> tuple[Measured, Measured]:
    """Measure at so many clients, the floor just before."""
    some = list(islice(requests(doorstep, senders), 2 * clients))
    beside = fire(
        floor.url, [onto(floor, one) for one in some], clients, seconds, again=True
    )
    fire(doorstep.url, some, clients, WARM_S)
    rate = FIRST_RATE * min(clients, 4)
    many = list(islice(requests(doorstep, senders), int(rate * seconds * MARGIN)))
    return fire(doorstep.url, many, clients, seconds), beside


def requests(doorstep: Platform, senders: list[Sender]) -> Iterator[bytes]:
    """Yield the phones' next batches, one phone after the other, for ever."""
    while True:
        for each in senders:
            body = json.dumps(batch(doorstep, each)).encode()
            headers = each.http.headers | {"Idempotency-Key": str(ids.new())}
            path = f"/v1/visits/{each.visit_id}/journal"
            yield post(doorstep.url, path, body, headers)


def batch(doorstep: Platform, each: Sender) -> dict[str, object]:
    """Return a phone's next entries: positions of the day, and some of the door."""
    now, paper = doorstep.now(), each.paper
    facts: list[tuple[UUID | None, Fact]] = [(each.visit_id, fact) for fact in AT_A_DOOR]
    facts += [(None, HERE)] * (SIZE - len(facts))
    entries = []
    for visit_id, fact in facts:
        paper.seq += 1
        entry = Entry(seq=paper.seq, visit_id=visit_id, at=now, prev=paper.link, fact=fact)
        paper.link = entry.link()
        entries.append(entry)
    journal = signed(paper.private, paper.device_id, entries)
    return {"journal": journal.model_dump(mode="json", exclude_none=True)}


def onto(floor: Floor, request: bytes) -> bytes:
    """Return a request that stores the same body on the floor."""
    return floor.request(json.loads(request.partition(b"\r\n\r\n")[2]))


def line(clients: int, ours: Measured, beside: Measured) -> str:
    entries = ours.rate * SIZE
    share = ours.rate / beside.rate if beside.rate else 0
    told = f"{clients:>8} {ours.rate:>10,.0f} {entries:>10,.0f} {ours.p50_ms:>8.1f}"
    mark = "" if clients == 1 else f"  {MARK:,} entries/s: {verdict(entries >= MARK)}"
    wrong = f"  not all were answered with 200: {dict(ours.statuses)}" if ours.wrong else ""
    return f"{told} {ours.p99_ms:>8.1f} {share:>8.0%}{mark}{wrong}"


if __name__ == "__main__":
    sys.exit(main())
