"""Monthly partitions of the answers, by the time that an idempotency key was made at.

A key is a UUIDv7 (RFC 9562, 5.7): its first 48 bits are unix milliseconds, so that keys
of one month lie side by side. Any other UUID falls into the partition `answered_other`.
"""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

#: Months that are made before their time.
AHEAD = 3


class Month(NamedTuple):
    """A calendar month, UTC."""

    year: int
    number: int

    @property
    def after(self) -> "Month":
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def begins(self) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def table(self) -> str:
        return f"answered_{self.year}_{self.number:02}"


def month_of(moment: datetime) -> Month:
    return Month(moment.year, moment.month)


def ahead(now: datetime) -> list[Month]:
    """Return the month before this one, this one, and those that come."""
    this = month_of(now)
    before = Month(this.year - (this.number == 1), (this.number - 2) % 12 + 1)
    months = [before]
    while len(months) < AHEAD + 2:
        months.append(months[-1].after)
    return months


def first_key(moment: datetime) -> UUID:
    """Return the smallest UUIDv7 that can be made at this moment."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76)


def make(connection: Connection, month: Month) -> None:
    """Make a month's partition, unless it is there.

    A key is whatever a caller sends: one of a month that had no partition yet lies in
    `answered_other`, and the database makes no partition beside it. It moves.
    """
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": month.table}):
        return
    first, end = first_key(month.begins), first_key(month.after.begins)
    of_month = f"FROM answered_other WHERE key >= '{first}' AND key < '{end}'"
    for statement in (
        "LOCK TABLE answered_other IN ACCESS EXCLUSIVE MODE",
        f"CREATE TEMPORARY TABLE moving AS SELECT * {of_month}",
        f"DELETE {of_month}",
        create(month),
        "INSERT INTO answered SELECT * FROM moving",
        "DROP TABLE moving",
    ):
        connection.execute(text(statement))


def create(month: Month) -> str:
    """Return the statement that makes a month's partition."""
    first, end = first_key(month.begins), first_key(month.after.begins)
    return (
        f"CREATE TABLE IF NOT EXISTS {month.table} PARTITION OF answered "
        f"FOR VALUES FROM ('{first}') TO ('{end}')"
    )
