"""A gateway in this process: real database, cheap passwords, a stand-in for services."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from chassis import clock
from chassis.database import engine
from chassis.settings import settings
from gateway.app import create_app
from gateway.parts import Parts
from gateway.passwords import Passwords
from proto import ids
from proto.base import Role
from tests.conftest import forget_keys
from tests.gateway.landed import Visit
from tests.gateway.stand_in import CHEAP, Bearer, Hands, StandIn, asker


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
    """No account, no session, no first-run token, nothing that landed."""
    found = engine(database_url, "gateway", pool=0)
    with found.begin() as connection:
        tables = "account, session, first_run, landed, landing_receipt, upload, "
        tables += "keyring.key, keyring.master, keyring.shredded"  # each test's own
        connection.execute(text(f"TRUNCATE {tables}"))
    yield
    found.dispose()
    forget_keys(database_url)


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
    headers = {"Accept-Language": "en", "Idempotency-Key": str(ids.new())}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://doorstep", headers=headers
    ) as made:
        yield made


@pytest.fixture
def bearer(parts: Parts) -> Bearer:
    """The header of somebody in a role, without an account behind it."""

    def header(role: Role) -> dict[str, str]:
        token = parts.accounts.tokens.sign(asker(role), ids.new())
        return {"Authorization": f"Bearer {token}"}

    return header


@pytest.fixture
async def visit(
    parts: Parts,
    hands: Hands,
    client: httpx.AsyncClient,
    services: StandIn,
    bearer: Bearer,
) -> Visit:
    """A visit of the signed-in collector; what lands is handed on when a test says so."""
    await parts.landing.hand_over.stop()
    return Visit(parts, hands, client, services, bearer(Role.FIELD_COLLECTOR))
