"""One picture saved anew, told from one door photographed twice.

Whoever saves a picture anew (smaller, at another quality, lighter, with a date on it)
leaves what it shows where it was. Nobody holds a phone twice at one place: by half a per
cent of the picture, by a third of a degree, its edges move.
"""

from math import sqrt

#: A picture's grey cells a side, as a child makes them.
SIDE = 16
#: Of the slopes between cells so many are compared, those that fit best: a date that was
#: written on, or a hand before the lens, is in the others.
FITTING = 0.9
#: Up to so much unlike is the same picture: bench/likeness.py has what both sides come to.
SAME, SURELY = 0.035, 0.015


def unlike(one: bytes, other: bytes) -> float:
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


def slopes(cells: bytes) -> list[int]:
    """Return by how much each cell is lighter than the one before it and above it."""
    rows = [cells[at : at + SIDE] for at in range(0, SIDE * SIDE, SIDE)]
    across = [row[at + 1] - row[at] for row in rows for at in range(SIDE - 1)]
    down = [b - a for a, b in zip(cells, cells[SIDE:], strict=False)]
    return across + down
