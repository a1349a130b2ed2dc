"""Codes are guessed: it is found and slowed, and whoever has a right one gets through."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager

import pytest
from prometheus_client import REGISTRY

from chassis.line import Line
from chassis.logs import OneLine
from chassis.rpc import ALONE, ALONE_OF_ONE
from gateway.errors import TooMany
from gateway.guesses import (
    AT_ONCE,
    AT_ONCE_SLOWED,
    DEEPEST,
    FEW,
    FORGOTTEN_S,
    FREE,
    FREE_OF_ALL,
    LONGEST_PAUSE_S,
    LONGEST_WAIT_S,
    LOOKS,
    ONE_MORE_S,
    REMEMBERED,
    SHORTEST_PAUSE_S,
    Guesses,
)
from gateway.strangers import of_network
from proto.base import Order

pytestmark = pytest.mark.anyio
HERE, THERE = "192.0.2.7", "198.51.100.7"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Watch:
    """A clock that goes on when somebody sleeps, and notes for how long."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, []

    def seconds(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def guesses(watch: Watch) -> Guesses:
    return Guesses(watch.seconds, watch.sleep)


def guess(guesses: Guesses, times: int, network: str = HERE) -> list[int]:
    """Guess so many different codes; what each is told to wait."""
    return [guesses.wrong(network, f"{network}/{n}") for n in range(times)]


def test_who_mistypes_now_and_then_waits_for_nothing(guesses, watch) -> None:
    assert guess(guesses, FREE) == [0] * FREE
    watch.now += FORGOTTEN_S * FREE
    assert guess(guesses, FREE, HERE) == [0] * FREE
    assert guesses.pause(HERE) == 0


def test_the_delay_grows_with_each_guess_and_fades_with_time(guesses, watch) -> None:
    guess(guesses, FREE)
    told, pauses = [], []
    for n in range(FREE, FREE + DEEPEST + 5):
        told.append(guesses.wrong(HERE, str(n)))
        pauses.append(guesses.pause(HERE))

    assert told[:4] == [4, 8, 16, 32]
    assert told == sorted(told)
    assert told[-1] == LONGEST_WAIT_S
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.5, LONGEST_PAUSE_S)
    assert guesses.pause(THERE) == 0
    watch.now += DEEPEST * FORGOTTEN_S
    assert guesses.pause(HERE) == 0


def test_whoever_looks_again_guesses_nothing(guesses) -> None:
    assert [guesses.wrong(HERE, "the same") for _ in range(50)] == [0] * 50


async def test_whoever_looks_without_end_is_slowed_also_by_a_right_code(
    guesses, watch
) -> None:
    for _ in range(LOOKS):
        async with guesses.turn(HERE):
            guesses.right()
    assert watch.slept == [0.0] * LOOKS

    for _ in range(9):
        async with guesses.turn(HERE):
            guesses.right()
    assert watch.slept[-1] >= SHORTEST_PAUSE_S
    assert guesses.pause(THERE) == 0
    watch.now += (LOOKS + DEEPEST) * ONE_MORE_S
    assert guesses.pause(HERE) == 0


async def test_networks_that_ask_one_code_over_and_over_keep_nobody_out() -> None:
    """Nobody answers any of theirs; somebody at a door is sent as soon as there is room."""
    guesses, sent = Guesses(), []
    line = Line(
        "field_visit",
        lambda _, group: sent.append(group),
        "alone",
        together=1,
        on_their_way=ALONE,
        of_one_on_their_way=ALONE_OF_ONE,
        patience_s=60,
    )

    async def look(network: str) -> None:
        asker = of_network(network)
        async with guesses.turn(network):
            await line.ask(Order(operation="x", command={}, asker=asker, trace="t"))

    networks = [f"192.0.2.{n}" for n in range(5)]
    each_sixteen = [look(each) for each in networks for _ in range(AT_ONCE)]
    looking = [asyncio.ensure_future(each) for each in [*each_sixteen, look(THERE)]]
    for _ in range(10):  # each comes to the line
        await asyncio.sleep(0)
    assert len(sent) == ALONE
    for group in list(sent):
        line.came_back(group)

    askers = {each.order.asker.account_id for group in sent for each in group}
    assert of_network(THERE).account_id in askers
    for each in looking:
        each.cancel()


@pytest.mark.parametrize("right", [True, False])
async def test_from_a_slowed_network_right_and_wrong_take_the_same_time(
    guesses, watch, right: bool
) -> None:
    """Or a guesser hangs up on whatever does not come at once."""
    guess(guesses, FREE + 3)
    before = watch.now

    async with guesses.turn(HERE):
        watch.now += 0.004 if right else 0.007  # the look-up
        guesses.right() if right else guesses.wrong(HERE, "one more")

    assert watch.now - before == pytest.approx(LONGEST_PAUSE_S)


async def test_elsewhere_nobody_waits(guesses, watch) -> None:
    guess(guesses, 500)

    async with guesses.turn(THERE):
        guesses.right()

    assert watch.slept == [0]


async def test_guesses_from_many_networks_slow_each_that_guesses(guesses) -> None:
    for n in range(FREE_OF_ALL + 1):
        guesses.wrong(f"192.0.2.{n}", "a code")

    assert guess(guesses, FEW + 1, THERE) == [0] * FEW + [4]
    assert guesses.pause("203.0.113.1") == 0  # who has guessed nothing


@asynccontextmanager
async def held(guesses: Guesses, networks: list[str]):
    """These wait for their answers, all at once, until it is over."""
    over, begun = asyncio.Event(), []

    async def one(network: str) -> None:
        async with guesses.turn(network):
            begun.append(network)
            await over.wait()

    async with asyncio.TaskGroup() as tasks:
        for network in networks:
            tasks.create_task(one(network))
        while len(begun) < len(networks):
            await asyncio.sleep(0)
        yield
        over.set()


async def test_one_network_holds_so_many_places_and_leaves_the_others_theirs(
    guesses,
) -> None:
    async with held(guesses, [HERE] * AT_ONCE):
        with pytest.raises(TooMany):
            async with guesses.turn(HERE):
                pytest.fail("it was looked up all the same")
        async with guesses.turn(THERE):
            guesses.right()
    async with guesses.turn(HERE):
        guesses.right()
    assert (guesses.here, guesses.slowed) == ({}, 0)


async def test_all_that_are_slowed_hold_so_many_and_leave_the_rest_to_who_is_not(
    guesses,
) -> None:
    networks = [f"192.0.2.{n}" for n in range(AT_ONCE_SLOWED // AT_ONCE + 1)]
    for network in networks:
        guess(guesses, FREE + 1, network)

    async with held(guesses, networks[:-1] * AT_ONCE):
        with pytest.raises(TooMany):
            async with guesses.turn(networks[-1]):
                pytest.fail("it was looked up all the same")
        async with guesses.turn(THERE):
            guesses.right()
    assert guesses.slowed == 0


async def test_a_place_is_free_again_when_the_look_up_fails(guesses) -> None:
    for _ in range(AT_ONCE + 1):
        with pytest.raises(ConnectionError):
            async with guesses.turn(HERE):
                raise ConnectionError
    assert guesses.here == {}


def test_the_table_does_not_grow_without_bound(guesses) -> None:
    for n in range(REMEMBERED + 50):
        guesses.wrong(str(n), "a code")
    assert len(guesses.by_network) == REMEMBERED


def counted(outcome: str) -> float:
    labels = {"outcome": outcome}
    return REGISTRY.get_sample_value("doorstep_badge_codes_total", labels) or 0.0


def test_guessing_is_found_once_and_neither_code_nor_network_is_told(
    guesses, caplog: pytest.LogCaptureFixture
) -> None:
    before = counted("wrong"), counted("slowed")
    with caplog.at_level(logging.INFO, "doorstep"):
        guess(guesses, FREE + 5)
        for n in range(FREE_OF_ALL):
            guesses.wrong(f"198.51.100.{n}", "7KQ2M0XWT4")

    lines = [json.loads(OneLine().format(each)) for each in caplog.records]
    assert [(line["says"], line["outcome"]) for line in lines] == [
        ("codes are guessed", "network"),
        ("codes are guessed", "gateway"),
    ]
    assert not [each for each in (HERE, "7KQ2M") if each in str(lines)]
    assert counted("wrong") - before[0] == FREE + FREE_OF_ALL
    assert counted("slowed") - before[1] == 5
