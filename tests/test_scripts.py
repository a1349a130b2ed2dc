"""What is said at doors: every script that anything names is there, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import rulebook
from proto.field_visit import Danger
from tests.conftest import ROOT

NAMED = re.compile(r'"((?:door|help)\.[a-z_]+)"')
#: Who reads these chooses them from the pack: no answer names them.
CHOSEN_BY_PEOPLE = {"door.filmed"}


def named() -> Iterator[str]:
    """Every script that an answer of ours may carry."""
    yield from CHOSEN_BY_PEOPLE
    yield from (f"help.{each}" for each in Danger)
    for source in sorted(Path(ROOT / "services").rglob("*.py")):
        yield from NAMED.findall(source.read_text("utf-8"))


def test_every_script_is_named_somewhere_and_every_name_has_its_script() -> None:
    assert set(named()) == set(rulebook.scripts("en")) == set(rulebook.scripts("zh-CN"))


@pytest.mark.parametrize("key", sorted(set(named())))
def test_a_script_is_there_in_both_languages_and_each_is_its_own(key: str) -> None:
    said = rulebook.script(key)

    assert set(said) == {"zh-CN", "en"}
    assert said["en"].isascii()
    assert re.search("[\u4e00-\u9fff]", said["zh-CN"])
    assert not re.search("[a-zA-Z]", said["zh-CN"])


@pytest.mark.parametrize("number", range(1, 16))
def test_every_story_has_a_journey(number: int) -> None:
    """By the name of the story: `test_s4_...`."""
    journeys = sorted((ROOT / "tests/journeys").glob("test_*.py"))
    text = "\n".join(each.read_text("utf-8") for each in journeys)
    assert re.search(rf"def test_s{number}_", text)
