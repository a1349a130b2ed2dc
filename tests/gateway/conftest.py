"""A gateway in this process: real database, cheap passwords, a stand-in for services."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import text

from chassis import clock
from chassis.database import engine
from chassis.settings import settings
from gateway.app import create_app
from gateway.model import A_PERSON, OF_AN_AGENCY
from gateway.parts import Parts
from gateway.passwords import Passwords
from proto import ids
from proto.base import Asker, Command, Role

#: Milliseconds instead of tens of them.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class StandIn:
    """Answers for every service: with `reply`, or by raising `error`."""

    reply: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None
    connected: bool = True
    asked: list[tuple[str, Command, Asker]] = field(default_factory=list)

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def ask(
        self, service: str, command: Command, asker: Asker, *, trace: str | None = None
    ) -> dict[str, Any]:
        assert trace
        assert len(trace) == 32
        self.asked.append((service, command, asker))
        if self.error:
            raise self.error
        return self.reply


class Hands:
    """The hands of a pretended clock."""

    def __init__(self) -> None:
        self.moment = datetime.fromisoformat("2026-03-02T15:00:00+08:00")

    def now(self) -> datetime:
        return self.moment

    def turn(self, **by: float) -> None:
        self.moment += timedelta(**by)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    """Time stands still unless a test turns the hands."""
    found = Hands()
    monkeypatch.setattr(clock, "now", found.now)
    return found


@pytest.fixture
def empty(database_url: str, environment: None) -> Iterator[None]:
    """No account, no session, no first-run token."""
    found = engine(database_url, "gateway", pool=0)
    with found.begin() as connection:
        connection.execute(text("TRUNCATE account, session, first_run"))
    yield
    found.dispose()


@pytest.fixture
def services() -> StandIn:
    return StandIn()


@pytest.fixture
async def app(
    empty: None, hands: Hands, services: StandIn, anyio_backend: str
) -> AsyncIterator[FastAPI]:
    made = create_app(settings(), services=services, passwords=Passwords(CHEAP))
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
def parts(app: FastAPI) -> Parts:
    found = app.state.parts
    assert isinstance(found, Parts)
    return found


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    headers = {"Accept-Language": "en"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://doorstep", headers=headers
    ) as made:
        yield made


Bearer = Callable[[Role], dict[str, str]]


@pytest.fixture
def bearer(parts: Parts) -> Bearer:
    """The header of somebody in a role, without an account behind it."""

    def header(role: Role) -> dict[str, str]:
        token = parts.accounts.tokens.sign(asker(role), ids.new())
        return {"Authorization": f"Bearer {token}"}

    return header


def asker(role: Role) -> Asker:
    return Asker(
        account_id=UUID(int=1),
        role=role,
        agency_id=UUID(int=2) if role in OF_AN_AGENCY else None,
        person_id=UUID(int=3) if role in A_PERSON else None,
    )
