"""Distances, whatever the datum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import geo
from proto.places import Datum, Point

PEOPLES_SQUARE = Point(latitude=31.2304, longitude=121.4737)


def shifted(point: Point, datum: Datum) -> Point:
    """The same place as a phone of another datum would name it."""
    here = geo.gcj_from_wgs((point.latitude, point.longitude))
    if datum is Datum.BD09:
        here = geo.bd_from_gcj(here)
    return Point(latitude=here[0], longitude=here[1], datum=datum)


def test_one_degree_of_latitude_is_what_the_ellipsoid_says() -> None:
    north = Point(latitude=32.2304, longitude=121.4737)

    assert geo.metres_between(PEOPLES_SQUARE, north) == pytest.approx(110_882, abs=5)


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_the_same_door_in_another_datum_is_no_distance_away(datum: Datum) -> None:
    assert geo.metres_between(PEOPLES_SQUARE, shifted(PEOPLES_SQUARE, datum)) < 0.01


def test_forgetting_the_datum_would_move_the_door_by_hundreds_of_metres() -> None:
    there = shifted(PEOPLES_SQUARE, Datum.GCJ02)
    forgotten = Point(latitude=there.latitude, longitude=there.longitude)

    assert 300 < geo.metres_between(PEOPLES_SQUARE, forgotten) < 700


@given(
    latitude=st.floats(18.5, 53.0),
    longitude=st.floats(74.0, 134.5),
    datum=st.sampled_from([Datum.GCJ02, Datum.BD09]),
)
def test_every_place_in_the_country_comes_back(
    latitude: float, longitude: float, datum: Datum
) -> None:
    point = Point(latitude=latitude, longitude=longitude)

    assert geo.metres_between(point, shifted(point, datum)) < 0.01
