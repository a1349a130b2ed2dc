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
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from secrets import token_hex
from uuid import UUID

from bench import load
from bench.floor import Floor
from bench.load import Measured, fire, post
from bench.people import platform
from bench.spent import Spent
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
    hides,
)
from proto.journal import Entry
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


@dataclass
class Sender:
    """A phone that sends, its own journal on paper, and the visit it tells of."""

    http: Gateway
    paper: Paper
    visit_id: UUID
    at_the_door: bool = False  # it has told what happens at a door once


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
        sent_on = Line(requests(doorstep, everybody(doorstep, Path(folder))))
        print(HEAD, flush=True)
        with Floor(doorstep.settings) as floor:
            for clients in CLIENTS:
                ours, beside, spent = round_of(doorstep, floor, sent_on, clients, seconds)
                print(line(clients, ours, beside), flush=True)
                print(spent.line(ours.good, "request"), flush=True)
                wrong += ours.wrong + beside.wrong
    return 1 if wrong else 0


def everybody(doorstep: Platform, folder: Path) -> list[Sender]:
    """Bring pairs to their doors; all first phones will send, then all second ones: two
    of one door would wait for each other, as they seldom do by day.
    """
    doorstep.mints = True
    pairs = []
    for _ in range(PAIRS):
        door = Door(doorstep, folder)
        sent(door.pair[0].http, door.path("/check-ins"), door.present())
        pairs.append([sender(each, door.visit_id) for each in door.pair])
    return [each for phones in zip(*pairs, strict=True) for each in phones]


def sender(collector: Collector, visit_id: UUID) -> Sender:
    """Let a phone that has begun its day go on with its journal on paper."""
    phone = collector.phone
    last = phone.entries[-1]
    paper = Paper(phone.collector_id, phone.device_id, phone._key, last.seq, last.link())
    return Sender(collector.http, paper, visit_id)


class Line:
    """The phones' batches, each sent at last: all after one left out would wait for it."""

    def __init__(self, made: Iterator[bytes]) -> None:
        self.made, self.waits = made, list[bytes]()

    def some(self, count: int) -> list[bytes]:
        """Return so many that are next."""
        self.waits += islice(self.made, max(0, count - len(self.waits)))
        return self.waits[:count]

    def send(self, url: str, count: int, clients: int, seconds: int) -> Measured:
        """Send them for so long; what may not have come by the end is next again.

        wrk looks at the first request without sending it, so that it is there twice.
        """
        some = self.some(count)
        run = fire(url, [some[0], *some], clients, seconds)
        del self.waits[: max(0, run.taken - 1 - clients)]
        return run


def round_of(
    doorstep: Platform, floor: Floor, line: Line, clients: int, seconds: int
) -> tuple[Measured, Measured, Spent]:
    """Measure at so many clients, the floor just before."""
    bodies = [onto(floor, one) for one in line.some(2 * clients)]
    beside = fire(floor.url, bodies, clients, seconds, again=True)
    rate = FIRST_RATE * min(clients, 4)
    warm = line.send(doorstep.url, rate * WARM_S, clients, WARM_S)
    doorstep.do("ANALYZE")  # a server that has run for a minute has done it by itself
    count = int(max(warm.rate, FIRST_RATE) * seconds * MARGIN)
    line.some(count)  # made before anything is measured
    with Spent(doorstep.home) as spent:
        ours = line.send(doorstep.url, count, clients, seconds)
    return ours, beside, spent


def requests(doorstep: Platform, senders: list[Sender]) -> Iterator[bytes]:
    """Yield the phones' next batches, one phone after the other, for ever."""
    while True:
        for each in senders:
            body = json.dumps(batch(doorstep, each)).encode()
            headers = each.http.headers | {"Idempotency-Key": str(ids.new())}
            path = f"/v1/visits/{each.visit_id}/journal"
            yield post(doorstep.url, path, body, headers)


def batch(doorstep: Platform, each: Sender) -> dict[str, object]:
    """Return a phone's next entries: positions, and before them what happens at a door."""
    now, paper = doorstep.now(), each.paper
    facts = () if each.at_the_door else AT_A_DOOR
    each.at_the_door = True
    said = [*((each.visit_id, fact) for fact in facts)]
    said += [(each.visit_id, HERE)] * (SIZE - len(said))
    entries = []
    for visit_id, fact in said:
        paper.seq += 1
        entry = Entry(
            seq=paper.seq,
            visit_id=visit_id,
            at=now,
            prev=paper.link,
            fact=fact,
            salt=token_hex(16),
            hides=hides(fact),
        )
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
