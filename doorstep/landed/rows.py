"""Landed rows as a person finds and handles them, each under the lock of its row."""

from typing import Any

from sqlalchemy import Connection, Row, Update, select, update
from sqlalchemy.exc import DBAPIError

from chassis import clock, sqlstates
from doorstep.errors import Busy, Misuse
from gateway.model import landed

#: Whatever a person may see of a row: all but what it says.
SHOWN = [column for column in landed.c if column is not landed.c.command]
OPEN = landed.c.state != "discarded"


def all_of_them(connection: Connection) -> list[Row[Any]]:
    """Return what was neither handed on nor discarded, as it came."""
    query = select(*SHOWN).where(OPEN).order_by(landed.c.number)
    return list(connection.execute(query))


def one(connection: Connection, number: int, *, lock: bool = False) -> Row[Any]:
    """Return one of them. Raises Misuse when it is not here any more, or never was."""
    query = select(*SHOWN).where(landed.c.number == number)
    try:
        found = connection.execute(
            query.with_for_update(nowait=True) if lock else query
        ).first()
    except DBAPIError as error:
        if not sqlstates.held_elsewhere(error):
            raise
        raise Busy(f"{number} is being handed on at this moment; try again soon") from None
    if found is None:
        raise Misuse(
            f"nothing that landed has the number {number}, or its service has it by now; "
            "`doorstep landed list` shows what is here"
        )
    return found


def open_one(connection: Connection, number: int) -> Row[Any]:
    """Return one that was not discarded, locked. Raises Misuse."""
    found = one(connection, number, lock=True)
    if found.discarded_at is not None:
        when = found.discarded_at.isoformat(timespec="seconds")
        raise Misuse(f"{number} was discarded at {when}; there is nothing to do")
    return found


def again(connection: Connection, number: int) -> None:
    """Let one be handed on now. Raises Misuse."""
    open_one(connection, number)
    connection.execute(waiting_now().where(landed.c.number == number))


def all_again(connection: Connection) -> int:
    """Let all that were refused be handed on now; return how many."""
    query = waiting_now().where(landed.c.state == "refused")
    return connection.execute(query).rowcount


def waiting_now() -> Update:
    now = {"state": "waiting", "attempts": 0, "next_at": clock.now()}
    return update(landed).values(**now)


def discard(connection: Connection, number: int, because: str) -> None:
    """Let one never be handed on; it is kept, with who said so. Raises Misuse."""
    open_one(connection, number)
    values = {"discarded_at": clock.now(), "discarded_because": because}
    query = update(landed).where(landed.c.number == number)
    connection.execute(query.values(state="discarded", **values))
