"""Real parts for everybody: a private database always, a broker for who asks for it.

Settings of this shell do not reach the tests, but `DATABASE_URL` and `AMQP_URI` do: the
tests then make a database of their own on that server.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from chassis import masters
from chassis.database import engine
from chassis.migrate import migrate
from chassis.settings import settings
from doorstep import private
from doorstep.ports import PORTS_UP
from doorstep.private.place import remove

ROOT = Path(__file__).parent.parent

#: The same examples at each run, so that what passes here passes there; `make soak` asks
#: for others each time with `--hypothesis-profile=further`.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.register_profile("further", print_blob=True)
hypothesis.settings.load_profile("same")


@pytest.fixture(scope="session")
def test_root() -> Path:
    """Where this run keeps its servers' data: apart, as its ports are."""
    return ROOT / "var" / "test" / os.environ.get(PORTS_UP, "0")


@pytest.fixture(scope="session")
def database_url(test_root: Path) -> Iterator[str]:
    """An empty database at its newest schema, dropped at the end."""
    with ExitStack() as stack:
        if (server := os.environ.get("DATABASE_URL")) is None:
            own = private.Database(test_root)
            server = own.start()
            stack.callback(own.stop)
        name = sql.Identifier(f"doorstep_test_{os.getpid()}")
        on_server(server, sql.SQL("CREATE DATABASE {}").format(name))
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name)
        stack.callback(on_server, server, drop)
        url = server.rpartition("/")[0] + f"/doorstep_test_{os.getpid()}"
        migrate(url)
        yield url


def on_server(server: str, statement: sql.Composed) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def amqp_uri(test_root: Path) -> Iterator[str]:
    """A broker of our own, or the given one.

    Made anew: one that starts with a stream of before needs a moment after its listener
    is open until the stream is, which the product waits for and these tests do not.
    """
    own = private.Broker(test_root)
    given = os.environ.get("AMQP_URI")
    if not given:
        own.stop()
        remove(own.home.root / own.folder)
    yield given or own.start()
    if not given:
        own.stop()


@pytest.fixture
def environment(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The settings a test runs by: the test database, own keys, the true clock."""
    for name in [name for name in os.environ if name.startswith("DOORSTEP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("AMQP_URI", os.environ.get("AMQP_URI", "amqp://127.0.0.1:1"))
    monkeypatch.setenv("DOORSTEP_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("DOORSTEP_MEDIA", str(tmp_path / "media"))
    forget()
    yield
    forget()


def forget_keys(database_url: str) -> None:
    """Remove every key that is committed: the master keys they rest on were one test's."""
    its = engine(database_url, "keyring", pool=0)
    with its.begin() as connection:
        for table in ("legal_hold", "shredded", "key", "master"):
            connection.execute(text(f"DELETE FROM keyring.{table}"))
    its.dispose()


def forget() -> None:
    """Read settings and master keys anew."""
    settings.cache_clear()
    masters.seen.cache_clear()
