"""Pictures of doors for tracks: drawn once, and photographed again or saved anew."""

from functools import cache
from random import Random

from PIL import Image

from bench.doors import HANDS, SAVED_ANEW, door, saved
from chassis.likeness import Cells, read
from services.field_visit.jobs.likeness import cells

DOORS = 12


@cache
def drawn(number: int) -> Image.Image:
    return door(number, 0)


def seen(image: Image.Image) -> Cells | None:
    text = cells(image)
    return read(text) if text else None


def photographed_again(rng: Random) -> tuple[Cells | None, Cells | None]:
    """Return the grey cells of a door at two visits, held with more or less care."""
    one = drawn(rng.randrange(DOORS))
    held = HANDS[rng.choice(("held as one does", "with care", "with great care"))]
    return seen(one), seen(held.again(one, rng))


def saved_anew(rng: Random) -> tuple[Cells | None, Cells | None]:
    """Return those of a picture and of the same one saved in some way."""
    one = drawn(rng.randrange(DOORS))
    change = SAVED_ANEW[rng.choice(tuple(SAVED_ANEW))]
    return seen(one), seen(saved(change(one), 85))
