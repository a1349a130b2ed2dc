"""`data/heads.jsonl`: what a seal signs, one head a part."""

from dataclasses import dataclass
from typing import Any

from evidence import FORMAT
from evidence.canonical import canonical, member, read
from evidence.errors import DoesNotFit
from evidence.records import DIGEST, MOMENT, NOTHING, lines_of
from evidence.suites import SUITES, Suite

FILE = "data/heads.jsonl"
GRADES = ("proven", "kept")


@dataclass(frozen=True)
class Head:
    """What a seal says. `before` is the hash of the head text before, `last` that of the
    last record's line; `key` and `export_keys` are kids; `reasons` are words of why it is
    only `kept`."""

    bank: str
    visit_id: str
    case_id: str
    suite: Suite
    part: int
    records: int
    last: str
    before: str
    sealed_at: str
    grade: str
    reasons: tuple[str, ...]
    key: str
    export_keys: tuple[str, ...]

    def text(self) -> str:
        """Return what is signed and is the leaf of the log: canonical JSON."""
        said = vars(self) | {"format": FORMAT, "suite": self.suite.name}
        return canonical(said)


@dataclass(frozen=True)
class SealedHead:
    """A head as it is kept: its text, its signature, its number in the log (from 0) or
    None as long as it has none."""

    text: str
    signature: str
    leaf: int | None

    def line(self) -> bytes:
        """Return its line in `data/heads.jsonl`, with its line feed."""
        said = {"head": self.text, "leaf": self.leaf, "signature": self.signature}
        return canonical(said).encode() + b"\n"


def before(suite: Suite, text: str | None) -> str:
    """Return what a head names as the one before it; None for the first."""
    return NOTHING if text is None else suite.hex(text.encode())


def read_head(text: str, at: str) -> Head:
    """Return what a head text says. Raises DoesNotFit."""
    said = read(text.encode(), at)
    if said.keys() != Head.__dataclass_fields__.keys() | {"format"}:
        raise DoesNotFit("bad_members", at, names=", ".join(sorted(said)))
    if said.pop("format") != FORMAT:
        raise DoesNotFit("bad_format", at, expected=FORMAT)
    for name in ("records", "part"):
        _be(member(said, name, int, at) >= 1, said, name, at)
    for name in ("bank", "visit_id", "case_id"):
        member(said, name, str, at)
    for name in ("last", "before", "key"):
        _be(DIGEST.fullmatch(member(said, name, str, at)), said, name, at)
    _be(MOMENT.fullmatch(member(said, "sealed_at", str, at)), said, "sealed_at", at)
    _be(member(said, "grade", str, at) in GRADES, said, "grade", at)
    _be(member(said, "suite", str, at) in SUITES, said, "suite", at)
    words = {name: _words(said, name, at) for name in ("reasons", "export_keys")}
    return Head(**said | words | {"suite": SUITES[said["suite"]]})


def _be(right: object, said: dict[str, Any], name: str, at: str) -> None:
    if not right:
        raise DoesNotFit("bad_member", at, name=name, value=repr(said[name])[:80])


def _words(said: dict[str, Any], name: str, at: str) -> tuple[str, ...]:
    words = member(said, name, list, at)
    if not all(type(each) is str for each in words):
        raise DoesNotFit("bad_member", at, name=name, value=repr(words)[:80])
    return tuple(words)


def read_heads(content: bytes) -> list[tuple[SealedHead, Head]]:
    """Return the heads, in their order, none tried yet. Raises DoesNotFit."""
    found = []
    for n, line in lines_of(content, FILE):
        at = f"{FILE} line {n}"
        said = read(line, at)
        if said.keys() != {"head", "leaf", "signature"}:
            raise DoesNotFit("bad_members", at, names=", ".join(sorted(said)))
        text, signature = member(said, "head", str, at), member(said, "signature", str, at)
        leaf = said["leaf"]
        if leaf is not None and (type(leaf) is not int or leaf < 0):
            raise DoesNotFit("bad_member", at, name="leaf", value=repr(leaf)[:80])
        found.append((SealedHead(text, signature, leaf), read_head(text, at)))
    if not found:
        raise DoesNotFit("nothing_sealed", FILE)
    return found
