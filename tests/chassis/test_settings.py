"""What the environment says, and what each library makes of it."""

import pytest
from kombu import Connection

from chassis import amqp
from chassis.settings import settings


@pytest.mark.parametrize(
    ("uri", "vhost"),
    [
        ("amqp://host", "/"),
        ("amqp://host/", "/"),
        ("amqp://host//", "/"),
        ("amqp://host/%2F", "/"),
        ("amqp://host/bank", "bank"),
    ],
)
def test_both_libraries_mean_the_same_virtual_host(
    environment: None, monkeypatch: pytest.MonkeyPatch, uri: str, vhost: str
) -> None:
    monkeypatch.setenv("AMQP_URI", uri)
    settings.cache_clear()

    assert amqp.parameters(settings()).virtual_host == vhost
    assert (Connection(uri).virtual_host or "/") == vhost
