"""The one clock."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis import clock
from chassis.settings import Settings, settings

PRETENDED = "2026-03-02T15:00:00+08:00"


@pytest.fixture
def pretended(environment: None, monkeypatch: pytest.MonkeyPatch):
    def pretend(value: str) -> None:
        monkeypatch.setenv("DOORSTEP_CLOCK", value)
        settings.cache_clear()

    return pretend


def test_a_pretended_moment_ticks_on_from_its_anchor(pretended) -> None:
    real = datetime.now(UTC) - timedelta(hours=2)
    pretended(f"{PRETENDED}@{real.isoformat()}")

    two_hours_on = datetime.fromisoformat("2026-03-02T17:00:00+08:00")
    assert abs(clock.now() - two_hours_on) < timedelta(seconds=5)


@pytest.mark.parametrize(
    "value", ["now", PRETENDED, f"{PRETENDED}@", "2026-03-02@2026-03-02"]
)
def test_a_clock_that_cannot_be_read_stops(pretended, value: str) -> None:
    pretended(value)

    with pytest.raises(ValueError, match="DOORSTEP_CLOCK is"):
        clock.now()


def test_production_refuses_to_pretend(environment: None) -> None:
    with pytest.raises(ValueError, match="DOORSTEP_CLOCK is set in production"):
        Settings(environment="production", clock=f"{PRETENDED}@{PRETENDED}")


@pytest.mark.parametrize(
    ("uri", "vhost"),
    [
        ("amqp://u:p@host:5672//", "/"),
        ("amqp://u:p@host:5672/", "/"),
        ("amqp://u:p@host:5672", "/"),
        ("amqp://u:p@host:5672/%2F", "/"),
        ("amqp://u:p@host:5672/bank", "bank"),
    ],
)
def test_kombu_and_pika_agree_on_the_virtual_host(
    environment: None, monkeypatch: pytest.MonkeyPatch, uri: str, vhost: str
) -> None:
    monkeypatch.setenv("AMQP_URI", uri)

    assert Settings().vhost == vhost
