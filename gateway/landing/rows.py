"""Every query of landing, under a name."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    delete,
    func,
    insert,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.model import OF_ANOTHER, WAITING, landed, landing_receipt
from proto.complaints import ComplainByBadge, FileComplaint
from proto.field_visit import RecordJournal, SummonHelp
from proto.media import ReceiveMedia

HELP, JOURNAL = SummonHelp.operation(), RecordJournal.operation()
#: What stands in no order: files, and complaints.
UNORDERED = [kind.operation() for kind in (ReceiveMedia, FileComplaint, ComplainByBadge)]
#: How many of one kind may wait of one phone: days of facts, and no more than a disk has.
#: And how many complaints of a kind, of all who complain.
MOST_WAITING = 500
#: Calls for help of one account on phones that are not its own, which may wait.
MOST_BY_ANOTHER = 20
#: How long a receipt is remembered, and what a person discarded.
KEPT = timedelta(days=400)
OPEN = landed.c.state != "discarded"
#: Refused for entries that lie before: they may come by themselves, or behind it. And so
#: where its service holds all it may of what comes before those.
GAP, TOO_MUCH = "journal-gap", "journal-too-much"
TOO_EARLY = (landed.c.state == "refused") & landed.c.problem.in_((GAP, TOO_MUCH))
#: The first of each line: a phone's journal is one, its calls for help another, and so is
#: what somebody else calls on it, so that none of those waits behind what is stuck.
FIRST = landed.c.number.in_(
    select(func.min(landed.c.number))
    .where(WAITING, landed.c.operation.not_in(UNORDERED))
    .group_by(landed.c.device_id, landed.c.operation, landed.c.by_another)
)
ANY_ORDER = WAITING & landed.c.operation.in_(UNORDERED)


class Line(NamedTuple):
    """What waits for one another: what one phone says of a kind, or what one account calls
    on phones that are not its own. Complaints, of no phone, are counted together.
    """

    device_id: UUID | None
    operation: str
    by_another: UUID | None = None

    @property
    def most(self) -> int:
        return MOST_BY_ANOTHER if self.by_another else MOST_WAITING

    def rows(self) -> tuple[ColumnElement[bool], ...]:
        its, mine = landed.c, landed.c.by_another == self.by_another
        if self.by_another:
            return (mine, WAITING)
        return (
            its.device_id == self.device_id,
            its.operation == self.operation,
            mine,
            WAITING,
        )


def queue_up(connection: Connection, line: Line) -> None:
    """Let what lands in a line be numbered as it commits, whichever gateway took it."""
    key = func.hashtextextended(f"landed/{line.by_another or line.device_id}", 0)
    connection.execute(select(func.pg_advisory_xact_lock(key)))


def add_receipt(connection: Connection, row: dict[str, Any]) -> bool:
    """Add a receipt; False when there is one under this key, waited for if need be."""
    query = upsert(landing_receipt).values(row).on_conflict_do_nothing()
    added = connection.execute(query.returning(landing_receipt.c.key))
    return added.first() is not None


def receipt_of(
    connection: Connection, key: UUID, principal: UUID, operation: str
) -> Row[str, str] | None:
    """Return the receipt under a key, if something landed under it."""
    its = landing_receipt.c
    query = select(its.digest, its.receipt).where(
        its.key == key, its.principal == principal, its.operation == operation
    )
    return connection.execute(query).one_or_none()


def add(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(landed).values(row))


def waits(connection: Connection, line: Line) -> bool:
    """Tell whether anything waits here in this line."""
    mine = select(landed.c.number).where(*line.rows())
    return bool(connection.scalar(select(mine.exists())))


def phones_waiting(connection: Connection) -> set[UUID]:
    """Return the phones of whose journals something waits."""
    query = select(landed.c.device_id).where(WAITING, landed.c.operation == JOURNAL)
    return set(connection.scalars(query.distinct()))


def how_many(connection: Connection, line: Line) -> int:
    """Return how many wait in a line."""
    query = select(func.count()).where(*line.rows())
    return connection.scalar(query) or 0


def claim(
    connection: Connection, now: datetime, until: datetime, most: int, unordered: int
) -> list[Row[Any]]:
    """Take the first of each line that is due, and so many of what stands in none; nobody
    else does before `until`.

    Calls for help go first, of these those of the caller's own phone, and last what came
    too early. Whoever dies meanwhile lets go of them by that.
    """
    lines = due(now, (WAITING & FIRST) | TOO_EARLY, most).cte("lines")
    others = due(now, ANY_ORDER, unordered).cte("others")
    numbers = union_all(select(lines.c.number), select(others.c.number))
    query = update(landed).where(landed.c.number.in_(numbers)).values(next_at=until)
    taken = connection.execute(query.returning(landed)).all()
    return sorted(taken, key=lambda row: (row.operation != HELP, row.number))


def due(now: datetime, which: ColumnElement[bool], most: int) -> Select[tuple[int]]:
    """Choose the numbers of rows that are due, locked, and of nobody else's."""
    early = landed.c.state != "waiting"
    return (
        select(landed.c.number)
        .where(landed.c.next_at <= now, which)
        .order_by(landed.c.operation != HELP, OF_ANOTHER, early, landed.c.number)
        .limit(most)
        .with_for_update(skip_locked=True)
    )


def confirm(connection: Connection, numbers: Sequence[int]) -> None:
    """Let rows go that their service has."""
    connection.execute(delete(landed).where(landed.c.number.in_(numbers)))


def let_follow(connection: Connection, devices: Collection[UUID], now: datetime) -> None:
    """Let come now what came too early of these phones."""
    early = update(landed).where(landed.c.device_id.in_(devices), TOO_EARLY)
    connection.execute(early.values(next_at=now))


def put_off(
    connection: Connection, number: int, attempts: int, until: datetime, problem: str
) -> None:
    """Let a row wait for another try."""
    values = {"attempts": attempts, "next_at": until, "problem": problem}
    query = update(landed).where(landed.c.number == number, OPEN)
    connection.execute(query.values(state="waiting", **values))


def refuse(connection: Connection, number: int, problem: str, until: datetime) -> None:
    """Let a row wait for a person; one that came too early is tried again then."""
    query = update(landed).where(landed.c.number == number, OPEN)
    connection.execute(query.values(state="refused", problem=problem, next_at=until))


def purge(connection: Connection, now: datetime) -> None:
    """Remove what was kept long enough."""
    old = now - KEPT
    connection.execute(delete(landing_receipt).where(landing_receipt.c.at < old))
    connection.execute(delete(landed).where(landed.c.discarded_at < old))
