"""Whoever is told to end does so, whatever else is away."""

import os
import signal

import pytest

from doorstep import background, parts
from doorstep.process import Process, find, wait_until
from tests.journeys.hurting import kill, revive
from tests.world import Platform

NAMES = [part.name for part in parts.EMBEDDED]


@pytest.fixture(autouse=True)
def whole_again(platform: Platform, monkeypatch: pytest.MonkeyPatch):
    yield
    clock = "DOORSTEP_CLOCK"  # when none of them runs, nobody knows it any more
    monkeypatch.setenv(clock, platform.settings[clock])
    for name in NAMES:  # what did not end is no part of the next test
        background.stop(platform.home, parts.PARTS[name])
    revive(platform)


def told_to_end(process: Process) -> Process:
    os.kill(process.pid, signal.SIGTERM)
    return process


def ends(process: Process) -> bool:
    """Tell whether it does before it would be killed."""
    return wait_until(lambda: not process.alive, background.PATIENCE_S)


@pytest.mark.parametrize("away", parts.SERVERS)
def test_every_part_ends_while_a_server_is_away(platform: Platform, away: str) -> None:
    running = {name: find(platform.home.pid_file(name)) for name in NAMES}
    kill(platform, away)

    told = {name: told_to_end(process) for name, process in running.items() if process}

    assert list(told) == NAMES
    assert [name for name, process in told.items() if not ends(process)] == []


def test_services_that_wait_for_the_broker_since_their_start_end(
    platform: Platform,
) -> None:
    home, part = platform.home, parts.ALL_SERVICES
    background.stop(home, part)
    kill(platform, "broker")
    background.start(home, part, platform.settings)
    waits = home.log_file(part.name)
    assert wait_until(lambda: "waits for the broker" in waits.read_text(), 60)

    process = find(home.pid_file(part.name))

    assert process
    assert ends(told_to_end(process))
