"""`python -m bench.evidence`: a visit of 200 entries, 30 photos and an hour of sound from
each phone, sealed, fetched and verified.

A platform of its own under `var/bench-evidence`. Everything is sent and looked at before:
what is measured begins with the second check-out. Beside fetching and verifying, what any
way to do it must do with the same bytes: read, hash and write them once. A seal has no such
floor: it hashes lines, and leaves files where they are. The hour of sound is made in
advance and noted within seconds, so that the seal calls the talk recorded too shortly.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from PIL import Image

from bench.people import platform
from doorstep import recorder
from doorstep.home import Home
from doorstep.uploading import Taken, send
from proto.facts import (
    Fact,
    Identified,
    Introduced,
    MaskedItem,
    MediaNoted,
    PersonMet,
    PositionNoted,
    Recording,
    Relation,
    Stopped,
)
from proto.media import MEDIA_TYPES
from tests.acting import AT_THE_DOOR
from tests.world import AtADoor, Collector, Door, sent

HOME = Path("var/bench-evidence")
ENTRIES, PHOTOS, HOUR_S, MEGABYTE = 200, 30, 3600, 1_000_000
#: Entries of one request, and seconds to wait for a worker's looks.
SOME, PATIENCE_S = 50, 600.0
SEALED = "SELECT count(*) FROM field_visit.seal WHERE visit_id = %s"
DRAWN = (
    "SELECT count(*) FROM field_visit.job WHERE kind = 'report_visit'"
    " AND done_at IS NOT NULL AND task->>'visit_id' = %s::text"
)
GRADE = "SELECT grade, reasons FROM field_visit.seal WHERE visit_id = %s ORDER BY part"
LOOKED_AT = (
    "SELECT count(*) FROM field_visit.media WHERE visit_id = %s AND found IS NOT NULL"
)
HERE = PositionNoted(position=AT_THE_DOOR, provider="fused", mocked=False, satellites=9)
RECORDING = Recording(announced=True, running=True)
ENDED = Recording(announced=True, running=False, reason=Stopped.FINISHED)
THE_DEBTOR = (
    Introduced(mandate_declared=True, badge_shown=True, letter_shown=True),
    PersonMet(relation=Relation.DEBTOR),
    Identified(name_said=True, items=(MaskedItem.CARD_TAIL, MaskedItem.BIRTH_YEAR)),
)
PIECE = 1 << 20


def main() -> int:
    """Print the table. Returns 1 when what was fetched does not verify."""
    parser = ArgumentParser(prog="python -m bench.evidence", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute of sound, 3 photos")
    quick = parser.parse_args().quick
    photos, seconds = (3, 60) if quick else (PHOTOS, HOUR_S)
    with tempfile.TemporaryDirectory() as folder, platform(Home(HOME)) as doorstep:
        door = Door(doorstep, Path(folder))
        here = AtADoor(door, door.visit_id)
        looked = visit(here, photos, seconds)
        leaves(here, here.door.pair[0])
        sealed = seconds_of(lambda: seal(here))
        wait(lambda: count(here, DRAWN) > 0)
        ((grade, reasons), *_) = doorstep.rows(GRADE, here.visit_id)
        bundle, fetched = Path(folder) / "visit.zip", Path(folder) / "copy"
        took = seconds_of(lambda: fetch(here, bundle))
        size = bundle.stat().st_size
        floor = seconds_of(lambda: copy(bundle, fetched))
        key = Path(doorstep.settings["DOORSTEP_KEYS"]) / "seal-signing.pub"
        checked = seconds_of(lambda: verify(bundle, key))
        said = verify(bundle, key)
    print(f"{ENTRIES} entries, {photos} photos, {seconds} s of sound of each phone")
    print(f"looked at by the worker       {looked:8.2f} s  (files, from the first sent)")
    print(f"sealed after the last left    {sealed:8.2f} s  ({grade}: {' '.join(reasons)})")
    print(f"bundle                        {size:12,} bytes")
    for name, spent in (("fetched", took), ("verified", checked)):
        print(f"{name:28}  {spent:8.2f} s  {size / spent / MEGABYTE:6.0f} MB/s")
    rate = size / floor / MEGABYTE
    print(f"read, hashed and written      {floor:8.2f} s  {rate:6.0f} MB/s  (floor)")
    print(said)
    return 0 if said.startswith("VERIFIED") else 1


def visit(here: AtADoor, photos: int, seconds: int) -> float:
    """Let a pair make a long visit and send all of it; return how long that took."""
    answer = here.checks_in()
    assert answer.ok, answer
    one, other = here.door.pair
    tell(here, other, [RECORDING])
    tell(here, one, [RECORDING, *THE_DEBTOR])
    began = time.monotonic()
    for each in (one, other):
        recorded = recorder.sound(seconds + (each is one))  # two files, not one
        give(here, each, recorded, "audio/wav")
    for number in range(photos):
        give(here, one, photo(number), "image/jpeg")
    tell(here, other, [ENDED])
    left = ENTRIES - sum(len(each.phone.entries) for each in (one, other))
    tell(here, one, [*[HERE] * (left - 1), ENDED])
    wait(lambda: count(here, LOOKED_AT) == photos + 2)
    return time.monotonic() - began


def tell(here: AtADoor, who: Collector, facts: list[Fact]) -> None:
    """Note facts, and send them."""
    for first in range(0, len(facts), SOME):
        notes = who.notes(here.visit_id, *facts[first : first + SOME])
        sent(who.http, f"/v1/visits/{here.visit_id}/journal", notes)
        who.confirm()


def give(here: AtADoor, who: Collector, content: bytes, media_type: str) -> None:
    """Note a file, and send it."""
    taken = Taken.now(content, media_type, here.door.platform.now())
    kind = MEDIA_TYPES[media_type]
    note = MediaNoted(media_id=taken.media_id, media=kind, sha256=taken.sha256)
    tell(here, who, [note])
    answer = send(who.http, here.visit_id, who.phone.device_id, taken)
    assert answer.ok, answer


def photo(number: int) -> bytes:
    """Return a JPEG of about a megabyte, unlike any other."""
    dice = Random(number)
    coarse = Image.frombytes("L", (400, 300), dice.randbytes(120_000))
    image = coarse.resize((2400, 1800)).convert("RGB")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


def seal(here: AtADoor) -> None:
    """Let the second leave, and wait until a worker has sealed it."""
    leaves(here, here.door.pair[1])
    wait(lambda: count(here, SEALED) == 1)


def leaves(here: AtADoor, who: Collector) -> None:
    answer = here.posts("/check-out", {"ending": "talked"}, who)
    assert answer.ok, answer


def fetch(here: AtADoor, file: Path) -> None:
    path = f"/v1/visits/{here.visit_id}/evidence?reason=audit"
    answer = here.door.platform.account("compliance").fetch(path, file)
    assert answer.ok, answer


def copy(source: Path, target: Path) -> None:
    """Do the least that there is to do with these bytes."""
    whole = hashlib.sha256()
    with source.open("rb") as read, target.open("wb") as write:
        while piece := read.read(PIECE):
            whole.update(piece)
            write.write(piece)


def verify(bundle: Path, key: Path) -> str:
    """Check it in a process of its own, as a stranger does; return the first line."""
    command = [sys.executable, "-m", "evidence", str(bundle), "--key", str(key)]
    done = subprocess.run(
        [*command, "--lang", "en"], capture_output=True, text=True, check=False
    )
    return (done.stdout or done.stderr).partition("\n")[0]


def count(here: AtADoor, query: str) -> int:
    ((found,),) = here.door.platform.rows(query, here.visit_id)
    return int(found)


def wait(done: Callable[[], bool]) -> None:
    """Look often, for as long as patience lasts. Raises TimeoutError."""
    for _ in patiently():
        if done():
            return
    raise TimeoutError(f"it was not done in {PATIENCE_S:.0f} s; see the worker's log")


def patiently() -> Iterator[None]:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        yield
        time.sleep(0.1)


def seconds_of(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
