"""What is still to be given out of the house, and what an authority said of the time."""

import hashlib
from datetime import datetime

from sqlalchemy import Connection, exists, or_, select

from services.field_visit.model import head_sent_table, timestamp_table


def waits_to_be_given(connection: Connection, now: datetime, stamps: bool) -> bool:
    """Whether anything's time has come; `stamps`: there is an authority to be asked."""
    tables = (head_sent_table.c, timestamp_table.c) if stamps else (head_sent_table.c,)
    due = (exists().where(its.next_at <= now) for its in tables)
    return bool(connection.scalar(select(or_(*due))))


def stamp_id(text: str) -> str:
    """Return what the timestamp of a text is found by."""
    return hashlib.sha256(text.encode()).hexdigest()


def token_of(connection: Connection, text: str) -> bytes | None:
    """The authority's answer over this text (RFC 3161), once there is one."""
    table = timestamp_table.c
    mine = select(table.token).where(table.sha256 == stamp_id(text))
    found = connection.scalar(mine)
    return None if found is None else bytes(found)
