"""Lines that fit a terminal: counted in its cells, of which a Chinese character takes two.

What does not fit goes on below, a little further in, so that it is seen to belong there.
"""

import unicodedata
from collections.abc import Iterator

HANGING = 2
#: Marks that may not begin a line, and marks that may not end one.
CLOSING = "，。；：、？！）》”,.;:?!)"  # noqa: RUF001  # both widths are meant
OPENING = "（《“("  # noqa: RUF001  # both widths are meant


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    return sum(map(_cells, text))


def fold(line: str, width: int) -> Iterator[str]:
    """Yield a line as lines of so many cells; those that go on hang further in."""
    said = line.lstrip()
    now = line[: len(line) - len(said)]
    hangs = now + " " * HANGING
    begun = False
    for piece in pieces(said, max(2, width - len(hangs))):
        if begun and cells(now + piece.rstrip()) > width:
            yield now.rstrip()
            now = hangs
        now, begun = now + piece, True
    yield now.rstrip()


def pieces(text: str, most: int) -> Iterator[str]:
    """Yield what may stand on a line by itself; what is longer than one is cut."""
    piece = ""
    for each in text:
        full = cells((piece + each).rstrip()) > most
        if piece and (full or _may_part(piece[-1], each)):
            yield piece
            piece = ""
        piece += each
    yield piece


def _may_part(before: str, after: str) -> bool:
    """Say whether a line may end between two characters."""
    if before.isspace() or after.isspace():
        return not after.isspace()
    if before in OPENING or after in CLOSING:
        return False
    return _cells(before) == 2 or _cells(after) == 2


def _cells(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
