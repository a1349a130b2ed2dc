"""Connections to PostgreSQL: psycopg2 where eventlet rules, psycopg 3 elsewhere."""

import time
from functools import cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pydantic_core import from_json
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from chassis import prepared, transactions
from chassis.settings import settings

#: Connections of a service: twelve for orders, one a line, and three for its pulse.
POOL = 17
#: No statement or lock is waited for longer; a caller gave up long before.
STATEMENT_MS, LOCK_MS, CONNECT_S = 5_000, 3_000, 3
#: Milliseconds of silence within a transaction, or of an answer not taken, after which the
#: database ends a session: a process that freezes holds its locks no longer.
SILENT_MS = 5_000
#: What is prepared keeps the plan that fits all values. PostgreSQL would compare its cost
#: with that of plans for the values at hand, prefer those for our few ids at a time, and
#: plan anew at each execution, which costs more than the execution does.
ONE_PLAN = "force_generic_plan"
#: Milliseconds after which we take the other end for gone when nothing comes of it.
GONE_MS = 10_000
#: For libpq. A connection that we only listen on says nothing of the other end: after five
#: seconds our system asks whether it is there (by default after two hours), and then each
#: two; what is not answered is gone after GONE_MS.
NOTICES: dict[str, Any] = {
    "connect_timeout": CONNECT_S,
    "tcp_user_timeout": GONE_MS,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
}
#: Where a connection remembers when it was used last.
USED = "used"


@cache
def of(service: str) -> Engine:
    """Return the engine of a service in its own process, under eventlet."""
    return engine(settings().database_url, service, green=True, pool=POOL, ping=False)


def engine(
    url: str,
    schema: str,
    *,
    green: bool = False,
    pool: int = 10,
    ping: bool = True,
    trusted_s: float = 0.0,
) -> Engine:
    """Return the engine of one schema.

    `green`: this process runs under eventlet, whose hub psycopg 3 would block.
    `pool` connections are kept; 0 keeps none. `ping` asks a kept one whether it still
    lives before each use, a round trip; without it, a first failure has to be tried again.
    One that was used within `trusted_s` is not asked.
    """
    driver = "psycopg2" if green else "psycopg"
    options = (
        f"-csearch_path={schema} -cstatement_timeout={STATEMENT_MS} "
        f"-clock_timeout={LOCK_MS} -ctimezone=UTC "
        f"-cidle_in_transaction_session_timeout={SILENT_MS} -ctcp_user_timeout={SILENT_MS}"
    )
    connect: dict[str, Any] = {"options": options, **NOTICES}
    connect |= {"application_name": f"doorstep-{schema}"}
    more: dict[str, Any] = {}
    if green:
        connect["options"] += f" -cplan_cache_mode={ONE_PLAN}"
        connect |= {"connection_factory": transactions.Session}
        # hstore: each new connection would be asked for it
        more = {"use_native_hstore": False, "json_deserializer": from_json}
    pooled: dict[str, Any] = {"poolclass": QueuePool, "pool_size": pool, "max_overflow": 0}
    made = create_engine(
        with_driver(url, driver),
        connect_args=connect,
        pool_pre_ping=bool(pool) and ping and not trusted_s,
        hide_parameters=True,  # an error would quote what was to be stored
        **more,
        **(pooled if pool else {"poolclass": NullPool}),
    )
    if green:
        prepared.listen(made)
    if trusted_s:
        ask_the_idle(made, trusted_s)
    return made


def ask_the_idle(made: Engine, trusted_s: float) -> None:
    """Ask a kept connection whether it still lives when it was not used for so long.

    One that does not takes all others with it that were made before.
    """

    dialect = made.dialect  # what listens would keep the engine, and its connections, alive

    def used(_: Any, record: ConnectionPoolEntry) -> None:
        record.info[USED] = time.monotonic()

    def ask(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
        if time.monotonic() - record.info.get(USED, time.monotonic()) < trusted_s:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error:
            raise InvalidatePoolError from None

    event.listen(made, "checkin", used)
    event.listen(made, "checkout", ask)


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
