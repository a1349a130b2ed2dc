"""One picture saved anew, told from one door photographed twice.

Whoever saves a picture anew (smaller, at another quality, lighter, with a date on it)
leaves what it shows where it was. Nobody holds a phone twice at one place: by half a per
cent of the picture, by a third of a degree, its edges move.
"""

from collections.abc import Sequence
from math import sqrt

#: Grey cells of a picture, row by row, in sixteenths of a level of 256: whole levels would
#: differ by as much as two files of one picture do.
Cells = Sequence[int]
#: Cells a side, and the digits that each is written in.
SIDE, FINE, DIGITS = 16, 16, 3
#: Of the slopes between cells so many are compared, those that fit best: a date that was
#: written on, or a hand before the lens, is in the others.
FITTING = 0.9
#: Up to so much unlike is the same picture: bench/likeness.py has what both sides come to.
SAME = 0.025
SURELY = 0.01


def unlike(one: Cells, other: Cells) -> float:
    """Return how far the slopes between the grey cells of two pictures differ, as a share
    of the slopes of the first: 0 for the same, 1 for nothing in common.

    Slopes leave out how light a picture is; a common factor is its contrast.
    """
    first, second = slopes(one), slopes(other)
    size, fit = sum(a * a for a in first), sum(b * b for b in second)
    if not size or not fit:
        return 1.0
    factor = sum(a * b for a, b in zip(first, second, strict=True)) / fit
    off = sorted((a - factor * b) ** 2 for a, b in zip(first, second, strict=True))
    best = off[: round(len(off) * FITTING)]
    return min(1.0, sqrt(sum(best) / len(best) / (size / len(first))))


def slopes(cells: Cells) -> list[int]:
    """Return by how much each cell is lighter than the one before it and above it."""
    rows = [cells[at : at + SIDE] for at in range(0, SIDE * SIDE, SIDE)]
    across = [row[at + 1] - row[at] for row in rows for at in range(SIDE - 1)]
    down = [b - a for a, b in zip(cells, cells[SIDE:], strict=False)]
    return across + down


def written(cells: Cells) -> str:
    """Return cells as they are kept, in hexadecimal."""
    return "".join(f"{each:0{DIGITS}x}" for each in cells)


def read(text: str) -> Cells:
    return [int(text[at : at + DIGITS], 16) for at in range(0, len(text), DIGITS)]
