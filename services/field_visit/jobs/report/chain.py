"""What is sealed, as far as it can be checked without a key.

The verifier of a bundle says who signed it; this says only that no line is missing or
another, so that nobody prints a report of something else than what was sealed.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from evidence.canonical import member, read
from evidence.errors import DoesNotFit
from evidence.heads import FILE as HEADS
from evidence.heads import Head, SealedHead, before, read_heads
from evidence.records import NOTHING, Record, lines_of, read_records
from evidence.suites import Suite, new

FILE = "data/disclosures.jsonl"


@dataclass(frozen=True)
class Sealed:
    """The records of a visit, its newest head, and what is disclosed of the hidden.

    `digest` is the hash of the head's text; `disclosed` goes by record and name.
    """

    records: tuple[Record, ...]
    head: Head
    leaf: int | None
    digest: str
    disclosed: dict[tuple[int, str], dict[str, Any]]

    def of(self, kind: str) -> list[Record]:
        """Return the records of a kind, in their order."""
        return [record for record in self.records if record.kind == kind]


def unite(records: bytes, heads: bytes, disclosures: bytes) -> Sealed:
    """Read three files of a bundle. Raises DoesNotFit."""
    told = read_heads(heads)
    suite = told[0][1].suite
    found, hashes = read_records(suite, records)
    compare(suite, told, [NOTHING, *hashes])
    newest, head = told[-1]
    return Sealed(
        records=tuple(found),
        head=head,
        leaf=newest.leaf,
        digest=before(suite, newest.text),
        disclosed=dict(disclosed(disclosures, found)),
    )


def compare(suite: Suite, told: list[tuple[SealedHead, Head]], ends: list[str]) -> None:
    """Compare the heads with each other and with the records. Raises DoesNotFit.

    `ends` are the hashes of the records' lines, from that of none.
    """
    last: SealedHead | None = None
    for part, (sealed, head) in enumerate(told, 1):
        at = f"{HEADS} line {part}"
        follows = before(suite, last.text if last else None)
        if (head.part, head.before, head.suite) != (part, follows, suite):
            raise DoesNotFit("chain_torn", at, value=head.before, expected=follows)
        if head.records >= len(ends) or ends[head.records] != head.last:
            raise DoesNotFit("bad_member", at, name="last", value=head.last)
        last = sealed
    if told[-1][1].records != len(ends) - 1:
        raise DoesNotFit("not_sealed", HEADS, records=len(ends) - 1)


def disclosed(
    content: bytes, records: list[Record]
) -> Iterable[tuple[tuple[int, str], dict[str, Any]]]:
    """Yield what is disclosed, if it is what its record hides. Raises DoesNotFit."""
    for line, text in lines_of(content, FILE):
        at = f"{FILE} line {line}"
        told = read(text, at)
        n, name = member(told, "n", int, at), member(told, "name", str, at)
        said = member(told, "text", str, at)
        hidden = records[n - 1].hidden.get(name) if 0 < n <= len(records) else None
        if hidden is None or not all(
            digest == hash_of(algorithm, said) for algorithm, digest in hidden.items()
        ):
            raise DoesNotFit("not_hidden", at, n=n, name=name)
        yield (n, name), json.loads(said)


def hash_of(algorithm: str, text: str) -> str:
    state = new(algorithm)
    state.update(text.encode())
    return state.hexdigest()
