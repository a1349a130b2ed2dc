"""Puts a whole bundle together: the files of the bag (RFC 8493), ready to be streamed."""

import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evidence.archive import LONGEST, MOST, Member, Opener
from evidence.canonical import canonical
from evidence.errors import CannotWrite
from evidence.filed import WITHHELD, withheld_text
from evidence.heads import SealedHead
from evidence.records import Disclosure
from evidence.suites import Suite, kid

BAGIT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
#: The verifier as it runs here, which every bundle carries.
SOURCES = Path(__file__).parent

#: Signs the tag manifest: returns the kid of the export key, and the signature.
Sign = Callable[[bytes], tuple[str, str]]


@dataclass(frozen=True)
class Medium:
    """A photo or a recording, by its SHA-256, and how it is opened."""

    sha256: str
    size: int
    open: Opener = field(repr=False)


@dataclass(frozen=True)
class Contents:
    """What goes into a bundle.

    `made_on` is the day of this copy (2026-03-02). `records`: the lines of all sealed
    parts, line feeds included. `disclosures`: what this reader may see. `log`:
    `log.log_text`. `keys`: public keys (PEM) of seals, tree heads and copies.
    `timestamps`: RFC 3161 tokens over head texts, by part. `withheld`: digests of media
    that this reader may not have.
    """

    suite: Suite
    visit_id: str
    bank: str
    made_on: str
    records: bytes
    heads: Sequence[SealedHead]
    disclosures: Iterable[Disclosure]
    log: str
    keys: Iterable[str]
    timestamps: Mapping[int, bytes] = field(default_factory=dict)
    media: Iterable[Medium] = ()
    withheld: Collection[str] = ()


@dataclass(frozen=True)
class _File:
    size: int
    crc: int
    digest: str
    open: Opener


def assemble(contents: Contents, sign: Sign) -> list[Member]:
    """Return the files of the bundle in the order of their names, for `archive.stream`.

    Each medium is read once here, for its digest and CRC, and once as it is streamed.
    """
    suite = contents.suite
    files = _measured(suite, _data(contents))
    files |= {
        f"data/media/{each.sha256}": _measure(suite, each.open) for each in contents.media
    }
    manifest = manifest_of(files)
    tags = _measured(
        suite,
        {
            "bagit.txt": BAGIT.encode(),
            "bag-info.txt": bag_info(contents, *oxum(files)).encode(),
            f"manifest-{suite.hash}.txt": manifest,
            **sources(),
        },
    )
    tag_manifest = manifest_of(tags)
    key, signature = sign(tag_manifest)
    files |= tags | _measured(
        suite,
        {
            f"tagmanifest-{suite.hash}.txt": tag_manifest,
            "signature.json": signature_text(key, signature).encode(),
        },
    )
    check_limits(files)
    return [
        Member(f"{top(contents.visit_id)}/{name}", each.size, each.crc, each.open)
        for name, each in sorted(files.items())
    ]


def check_limits(files: Mapping[str, _File]) -> None:
    """Raise CannotWrite for what no verifier would read."""
    if len(files) > MOST:
        raise CannotWrite("too_many", count=len(files), limit=MOST)
    for name, each in files.items():
        if each.size > LONGEST and not name.startswith("data/media/"):
            raise CannotWrite("too_long", size=each.size, limit=LONGEST)


def top(visit_id: str) -> str:
    """Return the name of the folder that all is in."""
    return f"doorstep-{visit_id}"


def signature_text(key: str, signature: str) -> str:
    return canonical({"key": key, "signature": signature})


def keys_text(publics: Iterable[str]) -> str:
    """Return `data/keys.json`: public keys (PEM) by their kid."""
    return canonical({kid(public): public for public in publics})


def manifest_of(files: Mapping[str, _File]) -> bytes:
    lines = (f"{each.digest}  {name}\n" for name, each in sorted(files.items()))
    return "".join(lines).encode()


def oxum(files: Mapping[str, _File]) -> tuple[int, int]:
    """Return the bytes and the number of the files under `data/` (RFC 8493, 2.2.2)."""
    return sum(each.size for each in files.values()), len(files)


def bag_info(contents: Contents, size: int, count: int) -> str:
    """Return `bag-info.txt`, in which nobody is named."""
    return info_text(contents.bank, contents.visit_id, contents.made_on, size, count)


def info_text(bank: str, visit_id: str, made_on: str, size: int, count: int) -> str:
    return (
        f"Bagging-Date: {made_on}\nExternal-Identifier: {visit_id}\n"
        f"Payload-Oxum: {size}.{count}\nSource-Organization: {bank}\n"
    )


def sources() -> dict[str, bytes]:
    """Return the files of the verifier, by their names in a bundle."""
    found = (p for p in SOURCES.iterdir() if p.suffix in (".py", ".json"))
    return {f"evidence/{path.name}": path.read_bytes() for path in sorted(found)}


def _data(contents: Contents) -> dict[str, bytes]:
    stamps = contents.timestamps.items()
    disclosures = sorted(contents.disclosures, key=lambda each: (each.n, each.name))
    withheld = {WITHHELD: withheld_text(contents.withheld).encode()}
    return {
        **(withheld if contents.withheld else {}),
        "data/records.jsonl": contents.records,
        "data/heads.jsonl": b"".join(head.line() for head in contents.heads),
        "data/disclosures.jsonl": b"".join(d.line() for d in disclosures),
        "data/log.json": contents.log.encode(),
        "data/keys.json": keys_text(contents.keys).encode(),
        **{f"data/timestamps/{part}.tsr": token for part, token in stamps},
    }


def _measured(suite: Suite, texts: Mapping[str, bytes]) -> dict[str, _File]:
    return {name: _measure(suite, _opener(content)) for name, content in texts.items()}


def _opener(content: bytes) -> Opener:
    return lambda: iter((content,))


def _measure(suite: Suite, opener: Opener) -> _File:
    size, crc, state = 0, 0, suite.new()
    for piece in opener():
        size, crc = size + len(piece), zlib.crc32(piece, crc)
        state.update(piece)
    return _File(size, crc, state.hexdigest(), opener)
