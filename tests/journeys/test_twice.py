"""Services in two processes: whoever asks does not notice that one of them is killed."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from chaos.faults.proxy.modes import Mode
from chaos.faults.proxy.network import network
from doorstep import background, parts
from doorstep.ports import last
from tests.journeys.hurting import (
    arrivals,
    check_in,
    frozen,
    kill,
    revive,
    twice,
    until,
)
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


def test_one_that_freezes_is_passed_over_once_the_broker_knows(
    platform: Platform, door: Door
) -> None:
    """Orders and events that it was given go to the other, and it comes back to its own.

    It is the one that was there first: the broker gives it the events.
    """
    stopped = parts.ALL_SERVICES

    def all_answered() -> bool:
        asked = (door.pair[0].http.get(door.path()).status for _ in range(8))
        return all(status == 200 for status in asked)

    with frozen(platform, stopped.name):
        assert check_in(door).ok
        until(all_answered)
        platform.settle()
        assert arrivals(door) == (1, 1)
    background.wait(platform.home, stopped)
    assert all_answered()


def test_one_that_the_broker_does_not_reach_is_not_ready_whatever_the_other_hears(
    platform: Platform,
) -> None:
    home, second = platform.home, parts.SECOND

    def ready(part: parts.Part) -> int:
        port = last(home.status_port_file(part.name))
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code

    background.stop(home, second)
    with network() as wires:
        through = {"AMQP_URI": wires.through("broker", platform.settings["AMQP_URI"])}
        background.start(home, second, platform.settings | through)
        background.wait(home, second)

        wires.cut("broker", Mode("drop"))
        until(lambda: ready(second) == 503)
        assert ready(parts.ALL_SERVICES) == 200

        wires.heal("broker")
        until(lambda: ready(second) == 200)
        background.stop(home, second)
