"""What the codes of PostgreSQL's errors say (SQLSTATE, its appendix A), by any driver."""

from sqlalchemy.exc import DBAPIError

#: Codes, by how they begin, that speak of the database and not of what was asked of it:
#: connection, transaction state, resources, an operator's hand.
AWAY = ("08", "25", "53", "57P")
#: Somebody holds what was asked for, or it took too long.
BUSY = ("55", "57014")
#: Somebody holds a row longer than we wait for it.
LOCK_NOT_AVAILABLE = "55P03"
#: Classes of what the next try may do better: a wrong value, a duplicate, a deadlock, a
#: name that is not there. A neighbour is to blame, or a transaction that has ended.
OF_THE_MOMENT = ("22", "23", "40", "42")


def of(error: Exception) -> str | None:
    """Return the code of an error, if it is the database's and has one."""
    orig = getattr(error, "orig", None)
    code: str | None = getattr(orig, "pgcode", None) or getattr(orig, "sqlstate", None)
    return code


def held_elsewhere(error: Exception) -> bool:
    return of(error) == LOCK_NOT_AVAILABLE


def worth_a_second_try(error: DBAPIError) -> bool:
    """Tell whether the same may succeed at once, in the same place.

    Also over a connection that had died while the pool kept it: what was committed all
    the same is found by its key.
    """
    if error.connection_invalidated:
        return True
    return (of(error) or "")[:2] in OF_THE_MOMENT
