"""The code on a badge: anybody can type it, and nobody can guess it."""

import pytest

from proto import badges


def test_a_code_is_ten_characters_in_two_groups_that_spell_no_word() -> None:
    codes = [badges.new() for _ in range(200)]

    assert len(set(codes)) == 200
    for code in codes:
        one, other = code.split("-")
        assert (len(one), len(other)) == (5, 5)
        assert not set(one + other) & set("AEIOUL")


@pytest.mark.parametrize(
    "typed",
    [
        "10KQ2-M0XWT",
        "10kq2m0xwt",
        " 10KQ2 M0XWT ",
        "IOKQ2-MOXWT",
        "lokq2–moxwt",
        "１０ＫＱ２－Ｍ０ＸＷＴ",
        "10KQ2　M0XWT\n",
    ],
)
def test_a_code_is_the_same_however_it_is_typed(typed: str) -> None:
    assert badges.normal(typed) == "10KQ2M0XWT"


@pytest.mark.parametrize("typed", ["", "—", "请问", "10KQ2-M0XW"])
def test_what_is_no_code_is_taken_all_the_same(typed: str) -> None:
    assert badges.normal(typed) != "10KQ2M0XWT"
