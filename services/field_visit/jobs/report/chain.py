"""What is sealed, line by line, as far as it can be checked without a key.

The verifier of a bundle says whether somebody signed it; this says only that no line is
missing or another, so that nobody prints a report of something else than what was sealed.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: What the first line and the first head name as the one before.
NOTHING = "0" * 64
#: The hash of each suite, by its name in the standard library.
HASHES = {"international": "sha256", "sm": "sm3"}


class DoesNotFit(Exception):
    """These lines are not what was sealed: in which file, at which line, what."""


@dataclass(frozen=True)
class Sealed:
    """The records of a visit, its heads, and of what is hidden that which is disclosed."""

    records: tuple[dict[str, Any], ...]
    heads: tuple[dict[str, Any], ...]
    leaf: int | None
    digest: str
    disclosed: dict[tuple[int, str], dict[str, Any]]

    @property
    def head(self) -> dict[str, Any]:
        """The newest head."""
        return self.heads[-1]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the records of a kind, in their order."""
        return [record for record in self.records if record["kind"] == kind]

    def hash(self, text: bytes) -> str:
        return hash_of(self.head["suite"], text)


def unite(
    records: Sequence[bytes], heads: Sequence[bytes], disclosures: Sequence[bytes]
) -> Sealed:
    """Read the lines of the three files of a bundle, each without its line feed.

    Raises DoesNotFit.
    """
    told = read_heads(heads)
    lines = read_records(records, told)
    newest = told[-1]
    return Sealed(
        records=lines,
        heads=tuple(head for head, _, _ in told),
        leaf=newest[2],
        digest=hash_of(newest[0]["suite"], newest[1]),
        disclosed=read_disclosures(disclosures, lines),
    )


Told = tuple[dict[str, Any], bytes, int | None]


def read_heads(lines: Sequence[bytes]) -> list[Told]:
    """Return each head as it reads, as it was signed, and its leaf. Raises DoesNotFit."""
    told: list[Told] = []
    before = NOTHING
    for at, line in enumerate(lines, 1):
        outer = parsed("heads", at, line)
        text = str(outer.get("head", "")).encode()
        head = parsed("heads", at, text)
        if head.get("suite") not in HASHES:
            raise DoesNotFit(f"heads, line {at}: no suite of ours: {head.get('suite')}")
        if head.get("part") != at or head.get("before") != before:
            raise DoesNotFit(f"heads, line {at}: it does not follow the one before")
        before = hash_of(head["suite"], text)
        told.append((head, text, outer.get("leaf")))
    if not told:
        raise DoesNotFit("heads: there is none, so nothing is sealed")
    return told


def read_records(lines: Sequence[bytes], heads: list[Told]) -> tuple[dict[str, Any], ...]:
    """Return the records, that they follow each other and end where the heads say.

    Raises DoesNotFit.
    """
    suite = heads[-1][0]["suite"]
    ends = [NOTHING]
    records = []
    for at, line in enumerate(lines, 1):
        record = parsed("records", at, line)
        if record.get("n") != at or record.get("prev") != ends[-1]:
            raise DoesNotFit(f"records, line {at}: it does not follow the one before")
        ends.append(hash_of(suite, line))
        records.append(record)
    for head, _, _ in heads:
        count = head.get("records")
        if not isinstance(count, int) or not 0 < count < len(ends):
            raise DoesNotFit(f"records: part {head['part']} has {count}, here {len(lines)}")
        if ends[count] != head.get("last"):
            raise DoesNotFit(f"records, line {count}: part {head['part']} ends otherwise")
    if heads[-1][0]["records"] != len(records):
        raise DoesNotFit(f"records: {len(records)} are here, and not all are sealed")
    return tuple(records)


def read_disclosures(
    lines: Sequence[bytes], records: tuple[dict[str, Any], ...]
) -> dict[tuple[int, str], dict[str, Any]]:
    """Return what is disclosed, by record and name. Raises DoesNotFit."""
    disclosed = {}
    for at, line in enumerate(lines, 1):
        told = parsed("disclosures", at, line)
        n, name, text = told.get("n"), told.get("name"), str(told.get("text")).encode()
        if not isinstance(n, int) or not 0 < n <= len(records):
            raise DoesNotFit(f"disclosures, line {at}: there is no record {n}")
        digests = records[n - 1].get("hidden", {}).get(name) or {}
        if not digests or any(
            hashlib.new(each, text).hexdigest() != digest
            for each, digest in digests.items()
        ):
            raise DoesNotFit(f"disclosures, line {at}: not what record {n} hides")
        disclosed[n, str(name)] = parsed("disclosures", at, text)
    return disclosed


def parsed(file: str, at: int, text: bytes) -> dict[str, Any]:
    """Raises DoesNotFit unless it is a JSON object."""
    try:
        value = json.loads(text)
    except ValueError:
        raise DoesNotFit(f"{file}, line {at}: it is no JSON") from None
    if not isinstance(value, dict):
        raise DoesNotFit(f"{file}, line {at}: it is no object")
    return value


def hash_of(suite: str, text: bytes) -> str:
    return hashlib.new(HASHES[suite], text).hexdigest()
