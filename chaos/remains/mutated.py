"""A bundle changed in a small way, by whoever has a copy or even the key that signs copies.

None of what comes out of here may verify.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from evidence.canonical import canonical
from evidence.suites import Suite
from tests.evidence import forging
from tests.evidence.forging import HEADS, RECORDS, Files

EXPORT_KEY = "export-signing.pem"
Change = Callable[[Files, Random], None]


def flip(content: bytes, luck: Random) -> bytes:
    """Change one bit of it."""
    place = luck.randrange(len(content))
    bit = bytes([content[place] ^ 1 << luck.randrange(8)])
    return content[:place] + bit + content[place + 1 :]


def drop(files: Files, luck: Random) -> None:
    files.pop(luck.choice(sorted(files)))


def add(files: Files, luck: Random) -> None:
    files["data/media/" + luck.randbytes(32).hex()] = b"one more"


def reorder(files: Files, luck: Random) -> None:
    lines = files[RECORDS].splitlines(keepends=True)
    one = luck.randrange(len(lines) - 1)
    lines[one], lines[one + 1] = lines[one + 1], lines[one]
    files[RECORDS] = b"".join(lines)


def leave_out(files: Files, luck: Random) -> None:
    lines = files[RECORDS].splitlines(keepends=True)
    lines.pop(luck.randrange(1, len(lines)))
    files[RECORDS] = b"".join(lines)


def cut(files: Files, _: Random) -> None:
    files[RECORDS] = b"".join(files[RECORDS].splitlines(keepends=True)[:-1])


def swap_signatures(files: Files, _: Random) -> None:
    """Let a head bear the copy's signature, and the copy the head's."""
    heads = forging.lines(files[HEADS])
    copy = json.loads(files["signature.json"])
    heads[0]["signature"], copy["signature"] = copy["signature"], heads[0]["signature"]
    files[HEADS] = forging.joined(heads)
    files["signature.json"] = canonical(copy).encode()


def grade_better(files: Files, _: Random) -> None:
    """Let the newest head say that nothing was missing, or that something was."""
    heads = forging.lines(files[HEADS])
    said = json.loads(heads[-1]["head"])
    better = "proven" if said["grade"] == "kept" else "kept"
    heads[-1]["head"] = canonical(said | {"grade": better})
    files[HEADS] = forging.joined(heads)


CHANGES: tuple[Change, ...] = (
    *(drop, add, reorder, leave_out, cut, swap_signatures, grade_better),
)


def mutations(
    bundle: bytes, luck: Random, suite: Suite, keys: Path, *, every_file: bool
) -> Iterator[tuple[str, bytes]]:
    """Yield names and bundles: a bit of some file or of every one, each change as it is,
    and once more with all digests made anew and the copy signed by the key for copies.
    """
    top, files = forging.top_of(bundle), forging.unpacked(bundle)
    names = sorted(name for name in files if files[name])
    for name in names if every_file else luck.sample(names, 2):
        yield (
            f"a bit of {name}",
            forging.packed(top, files | {name: flip(files[name], luck)}),
        )
    yield "cut short", bundle[: luck.randrange(len(bundle) // 2, len(bundle))]
    for change in CHANGES:
        changed = dict(files)
        change(changed, luck)
        yield change.__name__, forging.packed(top, changed)
    for change in (reorder, leave_out, cut, grade_better):
        changed = dict(files)
        change(changed, luck)
        sign_anew(changed, suite, keys)
        yield f"{change.__name__}, signed anew", forging.packed(top, changed)


def sign_anew(files: Files, suite: Suite, keys: Path) -> None:
    """Make digests and the copy's signature anew, as whoever has the export key can."""
    forging.with_digests(suite, files)
    private = keys / EXPORT_KEY
    signature = suite.sign(private, files[f"tagmanifest-{suite.hash}.txt"])
    before = json.loads(files["signature.json"])
    files["signature.json"] = canonical(before | {"signature": signature}).encode()
