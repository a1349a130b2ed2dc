"""A value that the check lets through is one that the platform takes."""

import pytest

from doorstep.importing.values import Wrong, code, place_class
from proto.dispatch import PlaceClass


@pytest.mark.parametrize("text", ["¼", "A²", "甲 乙", "", "x" * 65, "a/b"])
def test_what_the_platform_takes_for_no_code_is_none_in_a_file(text):
    with pytest.raises(Wrong, match="bad-code"):
        code(text)


@pytest.mark.parametrize("text", ["WA-2026-0001", "委案.1", "x" * 64])
def test_a_code_is_a_code(text):
    assert code(text) == text


def test_a_place_is_of_a_kind_that_is_known():
    assert [place_class(each) for each in PlaceClass] == list(PlaceClass)
    for text in ("", "office", "HOME"):
        with pytest.raises(Wrong, match="unknown-place-class"):
            place_class(text)
