"""`python -m bench.likeness`: which photos look alike, and how fast they are found.

First, how many of 64 bits a photo loses on its way, and how far photos of different doors
are apart; beside our difference hash one of cosines. Then look-ups among a million, in a
database of its own under `var/bench`; the floor is a look-up by primary key meanwhile.
"""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations
from math import cos, pi
from pathlib import Path
from random import Random
from statistics import median
from uuid import UUID

import psycopg
from PIL import Image
from sqlalchemy import Connection, select, text

from bench.doors import CHANGES, HANDS, door, saved
from bench.plausibility import clopper_pearson
from bench.table import verdict
from chassis.database import engine
from chassis.likeness import DIGITS, SAME, SIDE, read, unlike
from chassis.migrate import migrate
from doorstep import private
from doorstep.private.place import remove
from services.field_visit import store
from services.field_visit.jobs.likeness import cells, likeness
from services.field_visit.model import bands, picture_table, signed
from services.field_visit.model.plausibility import ALIKE_BITS, SOMETHING

HOME = Path("var/bench/likeness")
SEED, MOST_MS = 20260302, 20.0
BUILDINGS, DOORS, LOOKS = 40, 6, 1_000
#: How often each photo is taken again by each hand; photos of each case among a million.
AGAIN, OF_A_CASE = 3, 50
#: How many photos of a million look like one of some thousand doors, and are one picture
#: that everybody sends.
CLUSTERED, POPULAR = 0.5, 0.005
NOW = datetime(2026, 3, 2, tzinfo=UTC)
Hash = Callable[[Image.Image], int | None]


def cosines(image: Image.Image) -> int:
    """Return the other hash of the trade: which of the 64 lowest cosines of 32 x 32 grey
    cells are above their median (without the first).
    """
    size = 32
    cells = image.convert("L").resize((size, size), Image.Resampling.BOX).tobytes()
    waves = [[cos(pi * k * (2 * n + 1) / 2 / size) for n in range(size)] for k in range(8)]
    rows = [
        [
            sum(w * c for w, c in zip(wave, cells[y * size :], strict=False))
            for wave in waves
        ]
        for y in range(size)
    ]
    found = [
        sum(wave[y] * rows[y][k] for y in range(size)) for wave in waves for k in range(8)
    ]
    middle = median(found[1:])
    return sum(1 << at for at, each in enumerate(found) if each > middle)


def bits(one: int | None, other: int | None) -> int:
    return 64 if one is None or other is None else (one ^ other).bit_count()


def of_changes(photos: Sequence[Image.Image]) -> Iterator[str]:
    """How many bits a photo loses, and how often it is still known."""
    head = "bits, median | worst | known | cosines, median | known"
    yield f"| of {len(photos)} photos | {head} |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, change in CHANGES.items():
        changed = [change(each) for each in photos]
        ours, theirs = (
            [bits(made(a), made(b)) for a, b in zip(photos, changed, strict=True)]
            for made in (likeness, cosines)
        )
        yield (
            f"| {name} | {median(ours):.0f} | {max(ours)} | {known(ours)}"
            f" | {median(theirs):.0f} | {known(theirs)} |"
        )


def known(apart: Sequence[int]) -> str:
    return f"{100 * sum(each <= ALIKE_BITS for each in apart) / len(apart):.0f} %"


def of_doors() -> Iterator[str]:
    """How far apart photos of different doors are: of one building, and of any two."""
    yield "| pairs of photos | ours: alike | nearest | cosines: alike | nearest |"
    yield "|---|---:|---:|---:|---:|"
    shot = {(b, n): door(b, n) for b in range(BUILDINGS) for n in range(DOORS)}
    again = {(b, n): door(b, n, seed=1) for b, n in shot}
    hashes: list[Hash] = [likeness, cosines]
    digests = [{key: made(image) for key, image in shot.items()} for made in hashes]
    later = [{key: made(image) for key, image in again.items()} for made in hashes]
    pairs = list(combinations(shot, 2))
    for name, these in (
        ("two doors of one building", [p for p in pairs if p[0][0] == p[1][0]]),
        ("doors of two buildings", [p for p in pairs if p[0][0] != p[1][0]]),
    ):
        apart = [[bits(each[a], each[b]) for a, b in these] for each in digests]
        yield row(f"{name} ({len(these):,})", apart)
    same = [
        [bits(a[key], b[key]) for key in shot] for a, b in zip(digests, later, strict=True)
    ]
    yield row(f"one door, photographed twice ({len(shot)})", same)


def of_hands(photos: Sequence[Image.Image]) -> Iterator[str]:
    """How unlike a picture is of itself saved anew, and of one of the same door that was
    taken at another visit.
    """
    head = "unlike, least | median | most | taken for the same"
    yield f"| of {len(photos)} photos | {head} |"
    yield "|---|---:|---:|---:|---:|"
    for name, change in CHANGES.items():
        anew = [saved(change(each), 85) for each in photos]
        yield apart(name, [unlike_of(a, b) for a, b in zip(photos, anew, strict=True)])
    yield "| **the same door, photographed again** | | | | |"
    for name, hand in HANDS.items():
        rng, pairs = (
            Random(f"{SEED}/{name}"),
            [each for each in photos for _ in range(AGAIN)],
        )
        anew = [saved(hand.again(each, rng), 92) for each in pairs]
        yield apart(name, [unlike_of(a, b) for a, b in zip(pairs, anew, strict=True)])


def unlike_of(one: Image.Image, other: Image.Image) -> float:
    """Return it in per cent; what shows too little is compared with nothing."""
    mine, theirs = cells(one), cells(other)
    return 100 * unlike(read(mine), read(theirs)) if mine and theirs else 100.0


def apart(name: str, these: Sequence[float]) -> str:
    same = sum(each <= 100 * SAME for each in these)
    low, high = clopper_pearson(same, len(these))
    its = f"{same} of {len(these)} ({100 * low:.1f} to {100 * high:.1f} %)"
    middle = f"{min(these):.1f} % | {median(these):.1f} % | {max(these):.1f} %"
    return f"| {name} | {middle} | {its} |"


def row(name: str, apart: Sequence[Sequence[int]]) -> str:
    cells = (f"{sum(b <= ALIKE_BITS for b in each)} | {min(each)}" for each in apart)
    return f"| {name} | {' | '.join(cells)} |"


@dataclass(frozen=True)
class Timed:
    """Milliseconds of many look-ups, and how many of them found what they should."""

    name: str
    times: list[float]
    found: int
    asked: int

    def line(self) -> str:
        many = sorted(self.times)
        p99 = many[int(len(many) * 0.99)]
        cells = f"{median(many):.1f} | {p99:.1f} | {many[-1]:.1f}"
        return f"| {self.name} | {cells} | {self.found:,} of {self.asked:,} |"


def near(bits_of: int, rng: Random, most: int = ALIKE_BITS) -> int:
    """Return a likeness that differs in up to so many bits."""
    for at in rng.sample(range(64), rng.randint(0, most)):
        bits_of ^= 1 << at
    return bits_of


def kept(count: int, rng: Random) -> list[int]:
    """Likenesses of photos: half of them random, half around those of drawn doors, and
    one picture some thousand times.
    """
    drawn = [likeness(door(b, 0)) for b in range(300)]
    centres = [each for each in drawn if each is not None]
    made = [centres[0]] * round(count * POPULAR)
    made += [near(rng.choice(centres), rng, 12) for _ in range(round(count * CLUSTERED))]
    made += [rng.getrandbits(64) for _ in range(count - len(made))]
    return [each for each in made if each.bit_count() in SOMETHING]


VISIT = """
INSERT INTO visit (id, case_id, agency_id, collectors, letter_id, place, sheet, zone,
                   not_before, not_after, books, state)
VALUES (%s, gen_random_uuid(), gen_random_uuid(), '{}', gen_random_uuid(), '1', '1', 'UTC',
        now(), now(), '{}', 'closed')
"""
COLUMNS = (
    *("id", "visit_id", "case_id", "device_id", "captured_at", "received_at"),
    *("likeness", "exif", "band0", "band1", "band2", "band3"),
)
GREYS = ("id", "visit_id", "case_id", "captured_at", "likeness", "cells")


def fill(url: str, made: Sequence[int], rng: Random) -> list[UUID]:
    """Keep photos of these likenesses, fifty of each case; return their ids."""
    visit, names = UUID(int=1), [UUID(int=rng.getrandbits(128)) for _ in made]
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path = field_visit")
        connection.execute(VISIT, (visit,))
        copied = f"COPY picture ({', '.join(COLUMNS)}) FROM STDIN"
        with connection.cursor().copy(copied) as copy:
            for at, (name, each) in enumerate(zip(names, made, strict=True)):
                when, case = NOW - timedelta(seconds=at), names[at // OF_A_CASE]
                its = (name, visit, case, visit, when, when, signed(each), True)
                copy.write_row((*its, *bands(each)))
        copied = f"COPY grey ({', '.join(GREYS)}) FROM STDIN"
        with connection.cursor().copy(copied) as copy:
            for at, (name, each) in enumerate(zip(names, made, strict=True)):
                when, case = NOW - timedelta(seconds=at), names[at // OF_A_CASE]
                grey = rng.randbytes(SIDE * SIDE * DIGITS // 2).hex()
                copy.write_row((name, visit, case, when, signed(each), grey))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE field_visit.picture, field_visit.grey")
    return names


def looked_up(
    connection: Connection, name: str, asked: Sequence[tuple[int, bool]]
) -> Timed:
    """Look up likenesses; each with whether there is something to find."""
    times, found, other = [], 0, UUID(int=0)
    for each, wanted in asked:
        began = time.perf_counter()
        rows = store.alike(connection, each, NOW + timedelta(days=1), other)
        times.append(1000 * (time.perf_counter() - began))
        found += bool(rows) == wanted
    return Timed(name, times, found, len(asked))


def of_case(connection: Connection, asked: Sequence[tuple[int, UUID]]) -> Timed:
    """Look up what may be the same photo among those of its case."""
    times, found, later = [], 0, NOW + timedelta(days=1)
    for each, case in asked:
        began = time.perf_counter()
        rows = store.alike_of_case(connection, each, later, (case, UUID(int=0)))
        times.append(1000 * (time.perf_counter() - began))
        found += bool(rows)
    return Timed("of the same case", times, found, len(asked))


def by_key(connection: Connection, names: Sequence[UUID]) -> Timed:
    times, found = [], 0
    for each in names:
        began = time.perf_counter()
        query = select(picture_table).where(picture_table.c.id == each)
        found += len(connection.execute(query).all())
        times.append(1000 * (time.perf_counter() - began))
    return Timed("floor: by primary key", times, found, len(names))


def whole(connection: Connection) -> float:
    """Return what one look at every photo costs, in milliseconds."""
    query = text(
        "SELECT count(*) FROM picture WHERE bit_count((likeness # 4711)::bit(64)) <= 3"
    )
    began = time.perf_counter()
    connection.execute(query)
    return 1000 * (time.perf_counter() - began)


@contextmanager
def database() -> Iterator[str]:
    """A database of its own, empty before and gone afterwards."""
    own = private.Database(HOME)
    with ExitStack() as stack:
        stack.callback(remove, HOME)
        url = own.start()
        stack.callback(own.stop)
        migrate(url)
        yield url


def of_look_ups(count: int) -> Iterator[str | bool]:
    """Tell what look-ups among so many cost; last, whether it is as promised."""
    rng = Random(SEED)
    made = kept(count, rng)
    with database() as url:
        names = fill(url, made, rng)
        head = "p50, ms | p99, ms | worst, ms | as it should be"
        yield f"| among {len(made):,} photos | {head} |"
        yield "|---|---:|---:|---:|---:|"
        popular = round(count * POPULAR)
        at_random = rng.sample(
            range(round(count * (POPULAR + CLUSTERED)), len(made)), LOOKS
        )
        clustered = rng.sample(range(popular, round(count * CLUSTERED)), LOOKS)
        with engine(url, "field_visit", pool=0).connect() as connection:
            yield by_key(connection, [names[at] for at in at_random]).line()
            runs = [
                looked_up(connection, name, asked)
                for name, asked in (
                    ("like one", [(near(made[at], rng), True) for at in at_random]),
                    ("like some hundred", [(made[at], True) for at in clustered]),
                    ("sent by thousands", [(made[0], True)] * LOOKS),
                    ("like none", [(rng.getrandbits(64), False) for _ in range(LOOKS)]),
                )
            ]
            cases = [(near(made[at], rng), names[at // OF_A_CASE]) for at in at_random]
            runs.append(of_case(connection, cases))
            yield from (each.line() for each in runs)
            yield f"| every photo looked at, once | {whole(connection):.0f} | | | |"
        yield all(sorted(each.times)[int(LOOKS * 0.99)] < MOST_MS for each in runs)


def folder(path: Path | None) -> list[Image.Image]:
    """Return the photos of a folder, about as wide as the drawn ones."""
    found: list[Image.Image] = []
    for each in sorted(path.rglob("*.jp*g")) if path else ():
        opened = Image.open(each)
        opened.draft("RGB", (1200, 1200))
        image = opened.convert("RGB")
        image.thumbnail((1200, 1200))
        found.append(image)
    return found


def main() -> int:
    parser = ArgumentParser(prog="python -m bench.likeness", description=__doc__)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--photos-of", type=Path, help="a folder of photos, instead")
    asked = parser.parse_args()
    photos = folder(asked.photos_of) or [
        door(b, n) for b in range(BUILDINGS) for n in range(2)
    ]
    parts = of_changes(photos), of_doors(), of_hands(photos)
    for each in chain.from_iterable((*part, "") for part in parts):
        print(each, flush=True)
    *lines, met = of_look_ups(asked.photos)
    print(*lines, sep="\n")
    print(f"\np99 of a look-up < {MOST_MS:.0f} ms: {verdict(bool(met))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
