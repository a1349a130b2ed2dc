"""Our fast way to write canonical JSON writes what the library writes."""

import json
import math

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from proto.canonical import canonical

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(
    min_value=-(2**53) + 1, max_value=2**53 - 1
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda each: st.lists(each) | st.dictionaries(TEXTS, each),
    max_leaves=20,
)


@given(VALUES)
def test_every_value_is_written_as_the_library_writes_it(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(st.floats(min_value=-1e17, max_value=1e17) | st.floats(-1e-3, 1e-3))
def test_every_number_is_written_as_the_library_writes_it(value: float) -> None:
    assert canonical([value]) == rfc8785.dumps([value])


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (-0.0, "0"),
        (8.0, "8"),
        (1e15, "1000000000000000"),
        (1e-7, "1e-7"),
        (1e21, "1e+21"),
        ({"b": 1, "a": '\u0007\u007f"\\\n€'}, '{"a":"\\u0007\u007f\\"\\\\\\n€","b":1}'),
        ({"\U0001f600": 1, "\ufb33": 2}, '{"\U0001f600":1,"\ufb33":2}'),
    ],
)
def test_what_python_would_write_otherwise(value: object, written: str) -> None:
    assert canonical(value) == written.encode()
    assert json.loads(written) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, "\ud800", {1: 2}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical(value)


@pytest.mark.parametrize(
    "number", [8.0, -0.0, 1e15, 1e16, 1e21, 1e-4, 9e-5, 1e-7, 31.2304, 2**53 - 1, 0.1]
)
def test_a_number_is_spelt_as_ever_wherever_it_stands(number: float) -> None:
    for value in ({"a": number}, {"a": [number]}, {"a": [1, number], "b": {"c": number}}):
        assert canonical(value) == rfc8785.dumps(value)
