"""From bytes to text: which encoding a file is in, and whether it is text at all."""

import re
from dataclasses import dataclass
from pathlib import Path

from doorstep.importing.table import Complaint, Unreadable

LARGEST_BYTES = 64 * 1024 * 1024
#: How other kinds of file begin, and the sentence for each.
BEGINNINGS = {
    b"PK\x03\x04": "is-a-workbook-or-zip",
    b"\xd0\xcf\x11\xe0": "is-an-old-workbook",
    b"%PDF": "is-a-pdf",
    b"\xff\xfe": "is-utf-16",
    b"\xfe\xff": "is-utf-16",
}
#: Control characters, and those that make text run backwards: nobody can check them.
INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
#: What is left of a character that somebody before us could not read.
LOST = "�"
GARBAGE_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text, and the encoding it was found to be in."""

    file: str
    text: str
    encoding: str


def decoded(path: Path, name: str) -> Text:
    """Read a file: UTF-8, or else GB18030. Raises `Unreadable`."""
    content = _content(path, name)
    for beginning, kind in BEGINNINGS.items():
        if content.startswith(beginning):
            raise Unreadable(Complaint(name, None, kind))
    if not content.strip():
        raise Unreadable(Complaint(name, None, "empty-file"))
    if _share_of_garbage(content) > GARBAGE_SHARE:
        raise Unreadable(Complaint(name, None, "is-binary"))
    text = _text(content, name)
    _refuse_invisible(text, name)
    if not text.text.endswith("\n"):
        last = text.text.count("\n") + 1
        raise Unreadable(Complaint(name, last, "last-line-unfinished"))
    return text


def _content(path: Path, name: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            limit = LARGEST_BYTES // 2**20
            raise Unreadable(Complaint(name, None, "too-large", values={"mb": limit}))
        return path.read_bytes()
    except FileNotFoundError:
        raise Unreadable(Complaint(name, None, "no-such-file")) from None
    except OSError:
        raise Unreadable(Complaint(name, None, "cannot-open")) from None


def _text(content: bytes, name: str) -> Text:
    if content.startswith(b"\xef\xbb\xbf"):
        return Text(name, _strictly(content, "utf-8-sig", name), "UTF-8 (BOM)")
    try:
        return Text(name, content.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError as broken:
        if _cut(broken) and not content.isascii():
            _refuse_if_cut_utf8(content, broken, name)
    return Text(name, _strictly(content, "gb18030", name), "GB18030")


def _refuse_if_cut_utf8(content: bytes, broken: UnicodeDecodeError, name: str) -> None:
    """UTF-8 up to its last, unfinished character is UTF-8 that was cut off."""
    before = content[: broken.start]
    if not before.isascii():
        raise Unreadable(Complaint(name, _line(before), "cut-in-a-character"))


def _strictly(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as broken:
        before = content[: broken.start]
        kind = "cut-in-a-character" if _cut(broken) else "not-decodable"
        raise Unreadable(Complaint(name, _line(before), kind)) from None


def _cut(broken: UnicodeDecodeError) -> bool:
    """Tell whether decoding failed only because the bytes end too soon."""
    return broken.end == len(broken.object) and (
        "unexpected end" in broken.reason or "incomplete" in broken.reason
    )


def _line(before: bytes) -> int:
    return before.count(b"\n") + 1


def _share_of_garbage(content: bytes) -> float:
    start = content[:65536]
    control = sum(byte < 0x20 and byte not in b"\t\r\n" for byte in start)
    return control / max(1, len(start))


def _refuse_invisible(text: Text, name: str) -> None:
    found = [
        Complaint(name, number, kind, values={"code": f"U+{ord(character):04X}"})
        for number, line in enumerate(text.text.split("\n"), 1)
        for kind, character in _strange(line)
    ]
    if found:
        raise Unreadable(*found)


def _strange(line: str) -> list[tuple[str, str]]:
    """Return the first invisible and the first lost character of a line."""
    found = []
    if invisible := INVISIBLE.search(line):
        found.append(("invisible-character", invisible.group()))
    if LOST in line:
        found.append(("lost-character", LOST))
    return found
