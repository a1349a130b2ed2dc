"""`data/records.jsonl`: a record a line, each bound to the line before it."""

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from evidence.canonical import canonical, member, read
from evidence.errors import CannotWrite, DoesNotFit
from evidence.suites import Suite

FILE = "data/records.jsonl"
#: What the first line names as the one before it.
NOTHING = "0" * 64
#: What a record may say; docs/evidence.md says what each is.
KINDS = frozenset(
    (
        *("visit", "phone", "check_in", "entry", "link", "odd", "decision", "withdrawn"),
        *("help", "file", "coverage", "ending", "correction", "erased"),
    )
)
DIGEST = re.compile(r"[0-9a-f]{64}")
#: When the server learned it: RFC 3339 in UTC.
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)
#: The longest line that is read; an entry has at most 64 KiB.
LONGEST = 1 << 20


@dataclass(frozen=True)
class Record:
    """One line: number `n`, when the server learned it, its kind, what it says.

    `hidden` names what it commits to without saying it: `{name: {hash name: hex}}`.
    """

    n: int
    at: str
    kind: str
    body: dict[str, Any]
    hidden: dict[str, dict[str, str]]

    @property
    def where(self) -> str:
        return f"{FILE} line {self.n}"


@dataclass(frozen=True)
class Disclosure:
    """What a record hid: under `name` of record `n`, `text` is what was hashed."""

    n: int
    name: str
    text: str

    def line(self) -> bytes:
        """Return its line in `data/disclosures.jsonl`, with its line feed."""
        said = {"n": self.n, "name": self.name, "text": self.text}
        return canonical(said).encode() + b"\n"


@dataclass
class Writer:
    """Appends records behind those of earlier parts; gives lines and disclosures back.

    `n` and `last` are the number and the hash of the last line there is (0 and 64 zeros
    for none): `Writer.behind(suite, lines)` finds them.
    """

    suite: Suite
    n: int = 0
    last: str = NOTHING

    @classmethod
    def behind(cls, suite: Suite, lines: Iterable[bytes]) -> "Writer":
        """Return a writer that goes on behind these lines (without their line feeds)."""
        writer = cls(suite)
        for line in lines:
            writer.n, writer.last = writer.n + 1, suite.hex(line)
        return writer

    def add(
        self,
        kind: str,
        at: str,
        body: dict[str, Any],
        hidden: dict[str, dict[str, str]] | None = None,
    ) -> bytes:
        """Append a record; return its line with its line feed.

        The verifier reads of a `visit` (which is the first) `visit_id` and `case_id`, of a
        `file` `sha256` and `size`, of `erased` `files` (SHA-256 of those that are gone, if
        any); of `phone`, `entry` and `link` what journals.py makes. The rest it only binds.
        `at` is RFC 3339 in UTC with `Z`. `hidden` is made by `hide` (our own) or is
        `{name: {"sha256": hex}}` of what a phone hashed. Raises CannotWrite.
        """
        if kind not in KINDS or not MOMENT.fullmatch(at):
            raise CannotWrite("bad_record", kind=kind, moment=at)
        said = {"n": self.n + 1, "at": at, "kind": kind, "prev": self.last, "body": body}
        line = canonical(said | ({"hidden": hidden} if hidden else {})).encode()
        if len(line) > LONGEST:
            raise CannotWrite("too_long", size=len(line), limit=LONGEST)
        self.n, self.last = self.n + 1, self.suite.hex(line)
        return line + b"\n"


def hide(suite: Suite, personal: dict[str, Any]) -> tuple[dict[str, str], str]:
    """Return what a record says instead of this, and the text that discloses it.

    The text is canonical JSON with a new salt of 128 bits under `salt`: without it nobody
    finds out what it was by trying.
    """
    text = canonical(personal | {"salt": secrets.token_hex(16)})
    return {suite.hash: suite.hex(text.encode())}, text


def lines_of(content: bytes, file: str) -> Iterator[tuple[int, bytes]]:
    """Number the lines of a file, each without its line feed. Raises DoesNotFit."""
    if content and not content.endswith(b"\n"):
        raise DoesNotFit("no_line_feed", file)
    for n, line in enumerate(content.split(b"\n")[:-1], 1):
        if len(line) > LONGEST:
            raise DoesNotFit("too_long", f"{file} line {n}", size=len(line), limit=LONGEST)
        yield n, line


def read_records(suite: Suite, content: bytes) -> tuple[list[Record], list[str]]:
    """Return all records and the hash of each line. Raises DoesNotFit for a torn chain."""
    records, hashes = [], []
    last = NOTHING
    for n, line in lines_of(content, FILE):
        where = f"{FILE} line {n}"
        said = read(line, where)
        if said.keys() - {"hidden"} != {"at", "body", "kind", "n", "prev"}:
            raise DoesNotFit("bad_members", where, names=", ".join(sorted(said)))
        if member(said, "n", int, where) != n:
            raise DoesNotFit("bad_number", where, value=said["n"], expected=n)
        if member(said, "prev", str, where) != last:
            raise DoesNotFit("chain_torn", where, value=said["prev"], expected=last)
        records.append(_record(said, where))
        last = suite.hex(line)
        hashes.append(last)
    return records, hashes


def _record(said: dict[str, Any], where: str) -> Record:
    kind, at = member(said, "kind", str, where), member(said, "at", str, where)
    if kind not in KINDS:
        raise DoesNotFit("unknown_kind", where, value=kind[:80])
    if not MOMENT.fullmatch(at):
        raise DoesNotFit("bad_member", where, name="at", value=at[:80])
    hidden = said.get("hidden", {})
    if not _is_hidden(hidden) or said.get("hidden", True) == {}:
        raise DoesNotFit("bad_member", where, name="hidden", value=repr(hidden)[:80])
    return Record(said["n"], at, kind, member(said, "body", dict, where), hidden)


def _is_hidden(hidden: Any) -> bool:
    return type(hidden) is dict and all(
        type(each) is dict
        and len(each) == 1
        and next(iter(each)) in ("sha256", "sm3")
        and type(value := next(iter(each.values()))) is str
        and DIGEST.fullmatch(value)
        for each in hidden.values()
    )
