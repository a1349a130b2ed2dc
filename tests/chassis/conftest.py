"""A schema of one service, and a broker for those who ask."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from chassis.database import engine
from chassis.settings import Settings, settings
from tests.chassis.acting import SERVICE


@pytest.fixture
def its(environment: None, database_url: str) -> Iterator[Engine]:
    """The engine of a service's schema."""
    found = engine(database_url, SERVICE, pool=20)
    yield found
    found.dispose()


@pytest.fixture
def found(environment: None, amqp_uri: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a process with a real broker."""
    monkeypatch.setenv("AMQP_URI", amqp_uri)
    settings.cache_clear()
    return settings()
