"""Connections to PostgreSQL: psycopg2 where eventlet rules, psycopg 3 elsewhere."""

from functools import cache
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool, QueuePool

from chassis import prepared
from chassis.settings import settings

#: Connections of a service: ten for orders, one a line, and three for its pulse.
POOL = 15
#: No statement or lock is waited for longer; a caller gave up long before.
STATEMENT_MS, LOCK_MS, CONNECT_S = 5_000, 3_000, 3
#: Milliseconds of silence within a transaction, or of an answer not taken, after which the
#: database ends a session: a process that freezes holds its locks no longer.
SILENT_MS = 5_000
#: Milliseconds after which we take the other end for gone when nothing comes of it.
GONE_MS = 10_000


@cache
def of(service: str) -> Engine:
    """Return the engine of a service in its own process, under eventlet."""
    return engine(settings().database_url, service, green=True, pool=POOL, ping=False)


def engine(
    url: str, schema: str, *, green: bool = False, pool: int = 10, ping: bool = True
) -> Engine:
    """Return the engine of one schema.

    `green`: this process runs under eventlet, whose hub psycopg 3 would block.
    `pool` connections are kept; 0 keeps none. `ping` asks a kept one whether it still
    lives before each use, a round trip; without it, a first failure has to be tried again.
    """
    driver = "psycopg2" if green else "psycopg"
    options = (
        f"-csearch_path={schema} -cstatement_timeout={STATEMENT_MS} "
        f"-clock_timeout={LOCK_MS} -ctimezone=UTC "
        f"-cidle_in_transaction_session_timeout={SILENT_MS} -ctcp_user_timeout={SILENT_MS}"
    )
    connect = {"options": options, "connect_timeout": CONNECT_S}
    connect |= {"application_name": f"doorstep-{schema}", "tcp_user_timeout": GONE_MS}
    pooled = {"poolclass": QueuePool, "pool_size": pool, "max_overflow": 0}
    made = create_engine(
        with_driver(url, driver),
        connect_args=connect,
        pool_pre_ping=bool(pool) and ping,
        hide_parameters=True,  # an error would quote what was to be stored
        **(pooled if pool else {"poolclass": NullPool}),
    )
    if green:
        prepared.listen(made)
    return made


def with_driver(url: str, driver: str) -> str:
    """Write `postgresql://` as SQLAlchemy wants it.

    Raises ValueError when DATABASE_URL is not a PostgreSQL address.
    """
    parts = urlsplit(url)
    if parts.scheme.split("+")[0] not in ("postgresql", "postgres"):
        raise ValueError(
            f"DATABASE_URL begins with {parts.scheme!r}; Doorstep needs PostgreSQL: "
            "postgresql://user:password@host:port/name"
        )
    return urlunsplit(parts._replace(scheme=f"postgresql+{driver}"))
