"""Numbers and probes of every part of a running platform."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from chassis import topology
from chassis.queues import NAMES as NAMES_OF_QUEUES
from doorstep import background, parts
from doorstep.client import Gateway
from doorstep.ports import last
from tests.journeys.hurting import check_in, frozen, kill, revive, until
from tests.world import Door, Platform

NAMES = [part.name for part in parts.EMBEDDED]
PERSONAL = (
    *("陈建国", "000000197001010012", "6222020000001234", "人民大道", "周小川"),
    *("121.47", "31.23"),
)
#: How many seconds it may take until a relay that froze and came back has caught up.
AGAIN_S = 5.0


def address(platform: Platform, part: str) -> str:
    if parts.PARTS[part].health:
        return platform.url
    return f"http://127.0.0.1:{last(platform.home.status_port_file(part))}"


def get(platform: Platform, part: str, path: str) -> httpx.Response:
    return httpx.get(address(platform, part) + path, timeout=5)


def numbers(platform: Platform, part: str, name: str, **labels: str) -> list[float]:
    """The numbers of a part under a name, with these labels."""
    text = get(platform, part, "/metrics").text
    return [
        each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
        if each.name == name and labels.items() <= each.labels.items()
    ]


@pytest.mark.parametrize("part", NAMES)
def test_every_part_counts_and_is_alive_and_ready(platform: Platform, part: str) -> None:
    said = get(platform, part, "/metrics")
    assert said.status_code == 200
    assert list(text_string_to_metric_families(said.text))
    assert get(platform, part, "/livez").status_code == 200
    until(lambda: get(platform, part, "/readyz").status_code == 200)


def test_what_happens_is_counted_and_nothing_personal_is(
    door: Door, platform: Platform
) -> None:
    assert check_in(door).status == 200
    platform.settle()

    said = {part: get(platform, part, "/metrics").text for part in NAMES}

    answered = {"service": "field_visit", "operation": "check_in"}
    assert sum(numbers(platform, "services", "doorstep_answered_total", **answered)) > 0
    heard = {"service": "complaints", "topic": "field_visit.collectors_arrived"}
    assert sum(numbers(platform, "services", "doorstep_heard_total", **heard)) > 0
    assert sum(numbers(platform, "relay", "doorstep_relayed_total")) > 0
    lines = numbers(platform, "gateway", "doorstep_line_orders", service="field_visit")
    assert lines == [0] * len(lines) != []
    secrets = (*PERSONAL, str(door.visit_id), str(door.agency_id))
    assert [(p, s) for p in NAMES for s in secrets if s in said[p]] == []


@pytest.fixture
def watcher(platform: Platform) -> Gateway:
    return platform.account("compliance")


def operations(watcher: Gateway) -> Mapping[str, Any]:
    answer = watcher.get("/v1/operations")
    assert answer.status == 200, answer.body
    return answer.body


def unheard(watcher: Gateway) -> list[str]:
    return [part["name"] for part in operations(watcher)["parts"] if not part["ready"]]


def test_whoever_keeps_it_running_sees_parts_and_queues(watcher: Gateway) -> None:
    until(lambda: unheard(watcher) == [])
    queues = {each["name"]: each for each in operations(watcher)["queues"]}

    assert set(queues) == {*NAMES_OF_QUEUES}
    consumed = {name for name, each in queues.items() if each["consumers"]}
    assert set(queues) - consumed - {topology.STREAM} == set()
    assert [name for name, each in queues.items() if each["messages"] is None] == []


@pytest.mark.parametrize("part", ["relay", "worker"])
def test_what_waits_is_shown_for_every_service(platform: Platform, part: str) -> None:
    assert numbers(platform, part, "doorstep_database_up") == [1]
    for service in topology.SERVICES:
        for name in ("outbox_waiting", "held_back", "jobs_waiting", "source_age_seconds"):
            assert numbers(platform, part, f"doorstep_{name}", service=service), name


def test_ages_rise_while_the_relay_is_frozen_and_readiness_ends_and_both_come_back(
    platform: Platform, watcher: Gateway
) -> None:
    def sources() -> list[float]:
        return numbers(platform, "worker", "doorstep_source_age_seconds")

    def oldest() -> list[float]:
        return numbers(platform, "worker", "doorstep_outbox_oldest_seconds", lane="urgent")

    def ready() -> int:
        return get(platform, "services", "/readyz").status_code

    until(lambda: max(sources()) < 3 and ready() == 200)
    with frozen(platform, "relay"):
        until(lambda: min(sources()) > 5 and max(oldest()) > 5)
        assert ready() == 200  # they may still hear
        until(lambda: ready() == 503)
        assert get(platform, "services", "/livez").status_code == 200
        until(lambda: unheard(watcher) == list(topology.SERVICES))

    until(lambda: max(sources()) < 3 and max(oldest()) < 3 and ready() == 200, AGAIN_S)


def test_without_a_database_the_relay_says_so(platform: Platform) -> None:
    kill(platform, "database")
    try:
        assert numbers(platform, "relay", "doorstep_database_up") == [0]
        until(lambda: get(platform, "relay", "/readyz").status_code == 503)
        assert get(platform, "gateway", "/metrics").status_code == 200
    finally:
        revive(platform)
    until(lambda: numbers(platform, "relay", "doorstep_database_up") == [1])
    until(lambda: background.is_ready(platform.home, parts.RELAY))
