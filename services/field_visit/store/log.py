"""The log of all seals (RFC 6962): complete subtrees by level and index, signed heads."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, func, select, tuple_

from evidence import merkle
from evidence.suites import Suite
from services.field_visit.model import TreeHead, log_node_table, tree_head_table

NODE, HEAD = log_node_table.c, tree_head_table.c
#: What whoever adds a leaf or gives a head away holds until the commit
#: (`pg_advisory_xact_lock`).
LOCK = 0x646F6F726C6F67


def append(connection: Connection, suite: Suite, head: str) -> int:
    """Add a head as a leaf; return its number.

    Whoever adds one waits for whoever does at this moment: numbers have no gaps.
    """
    hold_log(connection)
    index = size(connection)
    leaf = merkle.leaf_hash(suite, head.encode())
    nodes = merkle.added(suite, index, leaf, reader(connection))
    rows = [{"level": level, "index": at, "hash": it} for level, at, it in nodes]
    connection.execute(log_node_table.insert(), rows)
    return index


def hold_log(connection: Connection) -> None:
    """Let whoever adds to the log, or gives a head of it away, wait until the commit."""
    connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def size(connection: Connection) -> int:
    """How many leaves there are."""
    leaves = select(NODE.index).where(NODE.level == 0)
    last = connection.scalar(leaves.order_by(NODE.index.desc()).limit(1))
    return 0 if last is None else last + 1


def reader(connection: Connection) -> Callable[[int, int], bytes]:
    """Return what reads the hash of a complete subtree, each once."""
    known: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        if (level, index) not in known:
            query = select(NODE.hash).where(NODE.level == level, NODE.index == index)
            known[level, index] = bytes(connection.execute(query).scalar_one())
        return known[level, index]

    return node


def newest_head(connection: Connection, *, given_away: bool = False) -> TreeHead | None:
    """The head over the most leaves; of those given away, the last one."""
    query = select(tree_head_table)
    if given_away:
        query = query.where(HEAD.given_away).order_by(HEAD.at.desc(), HEAD.id.desc())
    else:
        query = query.order_by(HEAD.size.desc(), HEAD.at.desc())
    return next(iter(heads_of(connection, query.limit(1))), None)


def heads_over(connection: Connection, leaf: int, most: int) -> list[TreeHead]:
    """The first and the last heads given away that a leaf is under, by their size."""
    under = select(tree_head_table).where(HEAD.given_away, HEAD.size > leaf)
    first = heads_of(connection, under.order_by(HEAD.size, HEAD.at).limit(most))
    last = heads_of(connection, under.order_by(HEAD.size.desc(), HEAD.at).limit(most))
    by_size = {each.size: each for each in (*last, *first)}
    return [by_size[each] for each in sorted(by_size)]


def heads_given_away(
    connection: Connection, before: UUID | None, limit: int
) -> list[TreeHead]:
    """The heads that were given away, the newest first; those before one of them."""
    query = select(tree_head_table).where(HEAD.given_away)
    if before:
        place = select(HEAD.at, HEAD.id).where(HEAD.id == before).scalar_subquery()
        query = query.where(tuple_(HEAD.at, HEAD.id) < place)
    newest = query.order_by(HEAD.at.desc(), HEAD.id.desc()).limit(limit)
    return heads_of(connection, newest)


def heads_of(connection: Connection, query: Select[Any]) -> list[TreeHead]:
    return [TreeHead(**row._asdict()) for row in connection.execute(query)]


def given_away_since(connection: Connection, since: datetime) -> bool:
    """Whether a head was given away since a moment."""
    query = select(HEAD.id).where(HEAD.given_away, HEAD.at >= since).limit(1)
    return connection.scalar(query) is not None


def tree_head(connection: Connection, head_id: UUID) -> TreeHead | None:
    query = select(tree_head_table).where(HEAD.id == head_id)
    return next(iter(heads_of(connection, query)), None)
