"""Forges bundles: changes files, and makes anew whatever a forger has the keys for."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BytesIO
from typing import Any

from evidence import archive, reading
from evidence.archive import Member
from evidence.canonical import canonical
from evidence.suites import Suite
from tests.evidence.making import Keys

#: The files of a bundle by their names below its folder.
Files = dict[str, bytes]
#: What a forger does to them.
Change = Callable[[Files], None]

RECORDS, HEADS = "data/records.jsonl", "data/heads.jsonl"
DISCLOSURES, LOG = "data/disclosures.jsonl", "data/log.json"


def unpacked(bundle: bytes) -> Files:
    found = reading.scanned(BytesIO(bundle), len(bundle))
    return {name: found.read(name) for name in found.members}


def top_of(bundle: bytes) -> str:
    return reading.scanned(BytesIO(bundle), len(bundle)).top


def packed(top: str, files: Files) -> bytes:
    return b"".join(archive.stream(members(top, files)))


def members(top: str, files: Files) -> Iterator[Member]:
    for name, content in files.items():
        crc = zlib.crc32(content)
        yield Member(f"{top}/{name}", len(content), crc, partial(pieces, content))


def pieces(content: bytes) -> Iterator[bytes]:
    return iter((content,))


def with_digests(suite: Suite, files: Files) -> None:
    """Make both manifests and the bag's label anew, as anybody can."""
    data = {n: c for n, c in files.items() if n.startswith("data/")}
    label = files["bag-info.txt"].decode().split("\n")
    label[2] = f"Payload-Oxum: {sum(map(len, data.values()))}.{len(data)}"
    files["bag-info.txt"] = "\n".join(label).encode()
    files[f"manifest-{suite.hash}.txt"] = manifest(suite, data)
    last = f"tagmanifest-{suite.hash}.txt"
    others = files.keys() - data.keys() - {last, "signature.json"}
    files[last] = manifest(suite, {name: files[name] for name in others})


def manifest(suite: Suite, files: Files) -> bytes:
    lines = (f"{suite.hex(files[name])}  {name}\n" for name in sorted(files))
    return "".join(lines).encode()


def copied(keys: Keys, kid: str, files: Files) -> None:
    """Sign the copy anew, as whoever has the export key can."""
    with_digests(keys.suite, files)
    signature = keys.sign("export", files[f"tagmanifest-{keys.suite.hash}.txt"])
    files["signature.json"] = canonical({"key": kid, "signature": signature}).encode()


def lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def joined(values: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(canonical(each).encode() + b"\n" for each in values)


def chained(suite: Suite, records: list[dict[str, Any]]) -> bytes:
    """Number and chain records anew, as anybody can."""
    last, written = "0" * 64, []
    for n, record in enumerate(records, 1):
        line = canonical(record | {"n": n, "prev": last}).encode()
        last = suite.hex(line)
        written.append(line + b"\n")
    return b"".join(written)
