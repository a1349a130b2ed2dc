"""Services in two processes: whoever asks does not notice that one of them is killed."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from doorstep import parts
from tests.journeys.hurting import arrivals, kill, revive, twice
from tests.world import Door, Platform

#: The broker gives all events of a service to one of the two, and its orders to both.
BOTH = (parts.ALL_SERVICES.name, parts.SECOND.name)
QUESTIONS, PHONES = 80, 4


@pytest.fixture(autouse=True)
def two_of_each(platform: Platform):
    with twice(platform):
        yield


@pytest.mark.parametrize("killed", BOTH)
def test_what_one_would_have_answered_the_other_does(
    platform: Platform, tmp_path: Path, killed: str
) -> None:
    door = Door(platform, tmp_path)
    body = door.present()

    kill(platform, killed)
    answer = door.pair[0].http.post(door.path("/check-ins"), body)

    assert answer.status == 200, answer
    platform.settle()  # what it said was heard by whoever is left
    assert arrivals(door) == (1, 1)


def test_while_one_after_the_other_is_killed_every_question_is_answered(
    platform: Platform, door: Door
) -> None:
    def ask(_: int) -> int:
        return door.pair[0].http.get(door.path()).status

    for killed in BOTH:
        with ThreadPoolExecutor(PHONES) as phones:
            asked = [phones.submit(ask, number) for number in range(QUESTIONS)]
            asked[QUESTIONS // 4].result()
            kill(platform, killed)
            assert {each.result() for each in asked} == {200}
        revive(platform)
