"""Tries what a reader was shown of what records hide."""

import json
from collections.abc import Sequence

from evidence.canonical import member, read
from evidence.errors import DoesNotFit
from evidence.records import Record, lines_of
from evidence.suites import new

FILE = "data/disclosures.jsonl"

#: What was shown, by number of the record and name.
Shown = dict[tuple[int, str], str]


def read_disclosures(content: bytes, records: Sequence[Record]) -> Shown:
    """Return what is shown, each tried against what its record commits to."""
    shown: Shown = {}
    last = (0, "")
    for n, line in lines_of(content, FILE):
        at = f"{FILE} line {n}"
        said = read(line, at)
        if said.keys() != {"n", "name", "text"}:
            raise DoesNotFit("bad_members", at, names=", ".join(sorted(said)))
        place = member(said, "n", int, at), member(said, "name", str, at)
        if place <= last:
            raise DoesNotFit("disclosed_twice", at, n=place[0], name=place[1][:80])
        shown[place] = member(said, "text", str, at)
        _try(records, place, shown[place], at)
        last = place
    return shown


def _try(records: Sequence[Record], place: tuple[int, str], text: str, at: str) -> None:
    n, name = place
    hidden = records[n - 1].hidden.get(name) if 0 < n <= len(records) else None
    if hidden is None:
        raise DoesNotFit("nothing_hidden", at, n=n, name=name[:80])
    [(hash_name, digest)] = hidden.items()
    state = new(hash_name)
    state.update(text.encode())
    if state.hexdigest() != digest:
        raise DoesNotFit("other_disclosure", at, n=n, name=name)
    of_before = records[n - 1].kind == "entry" and "plain" in records[n - 1].body
    if not of_before and not _salted(text):
        raise DoesNotFit("no_salt", at, n=n, name=name)


def _salted(text: str) -> bool:
    """Say whether it is an object with a salt. It was hashed as it is: so it is read."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return type(value) is dict and type(value.get("salt")) is str


def hidden_in(records: Sequence[Record]) -> list[tuple[int, str]]:
    """Return all that the records hide."""
    return [(record.n, name) for record in records for name in record.hidden]
