"""What a picture looks like, in 64 bits: two that are alike differ in few of them. And in
256 grey cells, by which one picture saved anew is told from another of the same door.

A difference hash (Krawetz, "Kind of like that", 2013): eight rows of nine grey cells, and
for each two neighbours whether it gets darker from left to right. Made in a child.
"""

from array import array
from math import hypot

from PIL import Image

from chassis.likeness import FINE, SIDE, Cells, unlike, written

COLUMNS, ROWS = 8, 8
#: Grey levels of 256 between the lightest and the darkest cell: what has less is a wall, a
#: pocket or the night, and looks like every other one.
CONTRAST = 20
#: The share of a picture that no hand comes back to, and how much it must make at least.
A_HAND, MOVES = 0.0075, 0.04


def likeness(image: Image.Image) -> int | None:
    """Return the likeness of an upright picture, or None when it shows next to nothing.

    A bit's place is read down the columns, four columns apart, so that each of four bands
    of sixteen bits has some of the whole picture: a ceiling fills no band.
    """
    small = image.convert("L").resize((COLUMNS + 1, ROWS), Image.Resampling.BOX)
    darkest, lightest = small.getextrema()
    if lightest - darkest < CONTRAST:  # type: ignore[operator]
        return None
    cells = small.tobytes()
    bits = 0
    for first in range(4):
        for column in (first, first + 4):
            for row in range(ROWS):
                at = row * (COLUMNS + 1) + column
                bits = bits << 1 | (cells[at] > cells[at + 1])
    return bits


def cells(image: Image.Image) -> str | None:
    """Return the grey cells of an upright picture, or None when it shows too little to tell
    one picture from another of the same: next to nothing, or nothing that moves when the
    phone does (a fog, a finger before the lens).
    """
    grey = image.convert("L").convert("F")
    whole = small(grey, (0, 0))
    if max(whole) - min(whole) < FINE * CONTRAST:
        return None
    right, down = (grey.width * A_HAND, 0), (0, grey.height * A_HAND)
    moved = (unlike(whole, small(grey, by)) for by in (right, down))
    return None if hypot(*moved) < MOVES else written(whole)


def small(grey: Image.Image, by: tuple[float, float]) -> Cells:
    """Return the cells of a picture that was moved by so many pixels."""
    box = (by[0], by[1], grey.width, grey.height)
    few = grey.resize((SIDE, SIDE), Image.Resampling.BOX, box)
    return [round(FINE * each) for each in array("f", few.tobytes())]
