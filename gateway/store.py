"""Every query of the gateway, under a name.

SQLAlchemy Core over psycopg 3 in threads: the queries are few and short (a sign-in, a
refresh), commands never touch this database, and it is the same engine as everywhere.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Row, delete, exists, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis.database import engine
from chassis.errors import Unavailable
from chassis.logs import log
from gateway.model import account, first_run, session

T = TypeVar("T")
PROBE_S = 2.0
#: Seconds for which a connection that was just used is taken to live still.
TRUSTED_S = 1.0
#: psycopg's own connection: what is done for each photo is spared SQLAlchemy's part.
Driver = psycopg.Connection[tuple[Any, ...]]


class Database:
    """The gateway's schema, reached from asyncio."""

    def __init__(self, url: str) -> None:
        self.engine = engine(url, "gateway", trusted_s=TRUSTED_S)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do this in one transaction, in a thread.

        Raises Unavailable when the database does not do its part, and whatever `work`
        raises, with nothing written.
        """
        return await asyncio.to_thread(self.transact, work)

    def transact(self, work: Callable[[Connection], T]) -> T:
        try:
            with self.engine.begin() as connection:
                return work(connection)
        except (DBAPIError, PoolTimeout) as error:
            raise away(error) from None

    def directly(self, work: Callable[[Driver], T]) -> T:
        """Do this on a connection of the driver, in this thread.

        Each statement is a transaction, but in `connection.transaction()`. Raises as `run`
        does.
        """
        try:
            lent = self.engine.raw_connection()
        except (DBAPIError, PoolTimeout, psycopg.Error) as error:  # it wraps no error
            raise away(error) from None
        connection = cast(Driver, lent.driver_connection)
        try:
            connection.autocommit = True
            return work(connection)
        except psycopg.Error as error:
            raise away(error) from None
        finally:
            if connection.info.transaction_status is TransactionStatus.IDLE:
                connection.autocommit = False
            else:
                lent.invalidate()
            lent.close()

    async def answers(self) -> bool:
        """Say whether the database answers within two seconds."""
        try:
            async with asyncio.timeout(PROBE_S):
                await self.run(lambda connection: connection.execute(text("SELECT 1")))
        except (Unavailable, TimeoutError):
            return False
        return True

    def close(self) -> None:
        self.engine.dispose()


def away(error: Exception) -> Unavailable:
    """Return what is said of a database that does not do its part."""
    log.error("gateway database: %s", type(error).__name__)
    return Unavailable("database-does-not-answer")


def any_account(connection: Connection) -> bool:
    return bool(connection.scalar(select(exists(select(account.c.account_id)))))


def account_matching(connection: Connection, matched: str) -> Row[Any] | None:
    query = select(account).where(account.c.matched == matched)
    return connection.execute(query).first()


def account_of(connection: Connection, account_id: UUID) -> Row[Any] | None:
    query = select(account).where(account.c.account_id == account_id)
    return connection.execute(query).first()


def add_account(connection: Connection, row: dict[str, Any]) -> bool:
    """Add an account; False when its name is taken."""
    query = upsert(account).values(row).on_conflict_do_nothing(index_elements=["matched"])
    added = connection.execute(query.returning(account.c.account_id))
    return added.first() is not None


def add_session(connection: Connection, row: dict[str, Any]) -> None:
    """Add a refresh token, and sweep away what of the account has ended."""
    gone = delete(session).where(
        session.c.account_id == row["account_id"], session.c.ends_at <= row["made_at"]
    )
    connection.execute(gone)
    connection.execute(insert(session).values(row))


def session_locked(connection: Connection, refresh_hash: bytes) -> Row[Any] | None:
    """Return the row of a refresh token, locked: two uses come one after the other."""
    query = select(session).where(session.c.refresh_hash == refresh_hash)
    return connection.execute(query.with_for_update()).first()


def use_session(connection: Connection, refresh_hash: bytes, at: datetime) -> None:
    used = update(session).where(session.c.refresh_hash == refresh_hash)
    connection.execute(used.values(used_at=at))


def revoke_family(connection: Connection, family_id: UUID, at: datetime) -> None:
    """End a sign-in and everything that descends from it."""
    family = session.c.family_id == family_id
    open_ones = update(session).where(family, session.c.revoked_at.is_(None))
    connection.execute(open_ones.values(revoked_at=at))


def family_revoked(connection: Connection, family_id: UUID) -> bool:
    query = select(session).where(
        session.c.family_id == family_id, session.c.revoked_at.is_not(None)
    )
    return bool(connection.scalar(select(query.exists())))


def lock_first_run(connection: Connection) -> None:
    """Let no other gateway look for the first account meanwhile."""
    connection.execute(text("LOCK TABLE first_run IN EXCLUSIVE MODE"))


def first_run_hash(connection: Connection, *, lock: bool = False) -> bytes | None:
    """Return the hash of the first-run token; `lock` holds its row until the commit."""
    query = select(first_run.c.token_hash)
    found = connection.scalar(query.with_for_update() if lock else query)
    return None if found is None else bytes(found)


def put_first_run(connection: Connection, token_hash: bytes, at: datetime) -> None:
    row = {"token_hash": token_hash, "made_at": at}
    query = upsert(first_run).values(only=1, **row)
    connection.execute(query.on_conflict_do_update(index_elements=["only"], set_=row))


def end_first_run(connection: Connection) -> None:
    connection.execute(delete(first_run))
