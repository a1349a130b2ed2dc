"""Handlers against a real database, each test in a transaction that is rolled back."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from chassis import clock, topology
from chassis.database import engine
from chassis.settings import settings
from chassis.shared import Shared
from chassis.unit import Unit
from proto import ids
from proto.base import Asker, Role
from services.recovery.jobs.paper import FONT, PACKAGE
from tests.conftest import forget_keys

#: Receipts are drawn where their font is; it may be missing at a desk, and never in CI.
HAS_FONT = pytest.mark.skipif(
    not FONT.exists() and "CI" not in os.environ, reason=f"apt-get install {PACKAGE}"
)
NOON = datetime.fromisoformat("2026-03-02T12:00:00+08:00")

OpenUnit = Callable[..., Unit]


class Watch:
    """The clock of a test, which only goes when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def goes(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def is_set(self, text: str) -> None:
        self.now = datetime.fromisoformat(text)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(clock, "now", lambda: watch.now)
    return watch


@pytest.fixture
def hearing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody whose word may stop an act has just been heard."""
    now = property(lambda shared: dict.fromkeys(topology.SERVICES, shared.now))
    monkeypatch.setattr(Shared, "ticked", now)


@pytest.fixture
def store(
    environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str
) -> None:
    """An empty store for photos and sound, and no key that somebody has committed."""
    forget_keys(database_url)
    monkeypatch.setenv("DOORSTEP_MEDIA", str(tmp_path / "media"))
    settings.cache_clear()


@pytest.fixture
def unit(
    environment: None, watch: Watch, hearing: None, database_url: str
) -> Iterator[OpenUnit]:
    """Open a unit of a service: `unit("dispatch", role=..., agency_id=...)`.

    All units of a test share one transaction a service, rolled back at its end. No key is
    there that somebody else has committed: its master key would not fit.
    """
    forget_keys(database_url)
    with ExitStack() as stack:
        connections = {}

        def open_unit(
            service: str,
            role: Role = Role.BANK_OFFICER,
            agency_id: UUID | None = None,
            person_id: UUID | None = None,
        ) -> Unit:
            if service not in connections:
                its = engine(database_url, service, pool=0)
                connection = stack.enter_context(its.connect())
                stack.callback(connection.rollback)
                connections[service] = connection
            asker = Asker(
                account_id=ids.new(), role=role, agency_id=agency_id, person_id=person_id
            )
            return Unit(connections[service], service, f"{role}:test", "trace", asker)

        yield open_unit


def topics(unit: Unit) -> list[str]:
    """What a unit has said, in order."""
    return [envelope.type for envelope in unit.said]
