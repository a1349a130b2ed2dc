"""What stands on a PDF that typst has set: read by its `ToUnicode`, as readers copy it."""

import re
import zlib

OBJECT = re.compile(rb"\d+ 0 obj\n(.*?)endobj", re.DOTALL)
STREAM = re.compile(rb"stream\n(.*)\nendstream", re.DOTALL)
MAPPED = re.compile(r"<([0-9A-F]{4})> <((?:[0-9A-F]{4})+)>")
#: Where a text begins, and its glyphs.
SET = re.compile(rb"q 1 0 0 -1 ([\d.]+) ([\d.]+) cm.*?BT(.*?)ET", re.DOTALL)
HEX = re.compile(rb"<([0-9A-F]*)>")
#: What some glyphs are said to stand for; they themselves say it as well.
STANDS_FOR = re.compile(rb"/Span<</ActualText.*?>>>BDC", re.DOTALL)
ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
#: What letters mean behind a backslash; others mean themselves.
LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type/Page\b(?!s)", pdf))


def texts(pdf: bytes) -> list[tuple[float, float, str]]:
    """Return each run of text with its place, in points from the lower left corner."""
    streams = [inflated(each) for each in OBJECT.findall(pdf)]
    known = {
        int(glyph, 16): bytes.fromhex(code).decode("utf-16-be")
        for stream in streams
        if b"begincmap" in stream
        for glyph, code in MAPPED.findall(stream.decode("latin-1").partition("bfchar")[2])
    }
    (content,) = [stream for stream in streams if b" Tm" in stream and b"BDC" in stream]
    return [
        (float(x), float(y), "".join(known[glyph] for glyph in glyphs(shown)))
        for x, y, shown in SET.findall(content)
    ]


def text(pdf: bytes) -> str:
    """Return all its text, a line of the page a line, in the order of its places."""
    lines: dict[float, str] = {}
    for x, y, run in sorted(texts(pdf), key=lambda each: (-each[1], each[0])):
        lines[y] = lines.get(y, "") + (" " if y in lines and x else "") + run
    return "\n".join(lines.values())


def squeezed(pdf: bytes) -> str:
    """Return all its text in the order it was set, without spaces and where it breaks."""
    return re.sub(r"[\s\u200b]", "", "".join(run for _, _, run in texts(pdf)))


def glyphs(shown: bytes) -> list[int]:
    """Return the glyphs of what is behind `Tm`: a string, or an array with some."""
    shown = STANDS_FOR.sub(b"", shown)
    raw, at = b"", shown.index(b" Tm") + 3
    while at < len(shown):
        if shown[at : at + 1] == b"(":
            end = closed(shown, at)
            raw += ESCAPED.sub(plain, shown[at + 1 : end])
            at = end
        elif found := HEX.match(shown, at):
            raw += bytes.fromhex(found[1].decode())
            at = found.end() - 1
        at += 1
    return [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]


def closed(shown: bytes, at: int) -> int:
    """Return where the string that opens here closes: what is within may be in pairs."""
    depth = 0
    while True:
        sign = shown[at : at + 1]
        depth += {b"(": 1, b")": -1}.get(sign, 0)
        if not depth:
            return at
        at += 2 if sign == b"\\" else 1


def plain(escaped: re.Match[bytes]) -> bytes:
    sign = escaped[1]
    return bytes([int(sign, 8)]) if sign.isdigit() else LETTERS.get(sign, sign)


def inflated(body: bytes) -> bytes:
    """Return what a stream holds; of one that is not compressed, nothing."""
    found = STREAM.search(body)
    if found is None or b"FlateDecode" not in body[: found.start()]:
        return b""
    return zlib.decompress(found[1])
