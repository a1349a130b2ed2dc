"""Whatever value stands at whatever place of a bundle's JSON, it ends in a grade."""

from functools import partial
from itertools import cycle
from typing import Any

import pytest

from tests.evidence.bending import BENT, VALUES, Bender, Rows, places, put
from tests.evidence.conftest import Made


@pytest.mark.parametrize("name", BENT)
def test_every_place_holds_some_other_value(small: Made, name: str) -> None:
    bender, values = Bender(small), cycle(VALUES)

    for way in places(bender.rows[name]):
        bender.tried(name, partial(bend, way=way, value=next(values)))


@pytest.mark.long
@pytest.mark.parametrize("name", BENT)
def test_every_place_holds_every_other_value(small: Made, name: str) -> None:
    bender = Bender(small)

    for way in places(bender.rows[name]):
        for value in VALUES:
            bender.tried(name, partial(bend, way=way, value=value))


def bend(rows: Rows, way: tuple[Any, ...], value: Any) -> None:
    row, *rest = way
    bent = put(rows[row], tuple(rest), value)
    rows[row] = bent if isinstance(bent, dict) else {"row": bent}
