"""What a picture looks like, in 64 bits: two that are alike differ in few of them.

A difference hash (Krawetz, "Kind of like that", 2013): eight rows of nine grey cells, and
for each two neighbours whether it gets darker from left to right. Made in a child.
"""

from PIL import Image

COLUMNS, ROWS = 8, 8
#: Grey levels of 256 between the lightest and the darkest cell: what has less is a wall, a
#: pocket or the night, and looks like every other one.
CONTRAST = 20


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
