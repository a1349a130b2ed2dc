"""A schema of one service, a broker, and an empty keyring, for those who ask."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from chassis.database import engine
from chassis.keyring import Keyring
from chassis.settings import Settings, settings
from proto.base import Sealed
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


@dataclass
class Emptied:
    """A keyring with nothing in it, neither before the test nor after it."""

    url: str
    its: Engine
    open: ExitStack

    def ring(self) -> Keyring:
        """A keyring on a connection of its own, as a transaction has it."""
        return Keyring(self.open.enter_context(self.its.connect()))

    def ring_that_commits(self, key_id: UUID, text: str) -> Sealed:
        """Seal a text for the purpose `p`, for good."""
        with self.its.begin() as connection:
            return Keyring(connection).seal(key_id, "p", text)


@pytest.fixture
def emptied(environment: None, database_url: str) -> Iterator[Emptied]:
    its = engine(database_url, "keyring", pool=20)
    empty(its)
    with ExitStack() as stack:
        yield Emptied(database_url, its, stack)
    empty(its)
    its.dispose()


def empty(its: Engine) -> None:
    with its.begin() as connection:
        tables = ("key", "master", "shredded", "legal_hold")
        names = ", ".join(f"keyring.{name}" for name in tables)
        connection.execute(text(f"TRUNCATE {names}"))
