"""The containers and `doorstep/parts.py` tell of the same parts."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from chassis import topology
from doorstep import parts

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
APART = {"broker", "database", "migrate"}
ONE_FOR_ALL = "services"  # the embedded process; containers run each service apart


def test_the_services_are_named_the_same_everywhere() -> None:
    assert parts.SERVICES == topology.SERVICES


def test_every_part_has_its_container_and_every_container_its_part() -> None:
    assert set(COMPOSE["services"]) - APART == set(parts.PARTS) - {ONE_FOR_ALL}


@pytest.mark.parametrize("name", sorted(set(parts.PARTS) - {ONE_FOR_ALL}))
def test_a_container_runs_its_part_and_says_when_it_is_ready(name: str) -> None:
    container = COMPOSE["services"][name]

    assert container["command"] == ["run", name]
    health = " ".join(container["healthcheck"]["test"])
    port = COMPOSE["x-part"]["environment"]["DOORSTEP_STATUS_PORT"]
    assert (parts.PARTS[name].health or f":{port}/readyz") in health


def test_there_is_no_password_to_forget() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    settings = [
        line.partition(":")[2]
        for line in text.splitlines()
        if "PASS" in line and not line.lstrip().startswith("#")
    ]

    assert len(settings) == 4
    assert [each for each in settings if ":?" not in each] == []
