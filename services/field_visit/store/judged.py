"""What deeds are judged by beside the door: what was taken back, and who heard when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, exists, func, select, union_all, update

from proto.base import Standing
from proto.decision import Act, Outcome
from services.field_visit.model import (
    ToldOf,
    anchor_table,
    decision_table,
    head_table,
    journal_table,
    refusal_table,
    verdict_table,
    withdrawal_table,
)


@dataclass(frozen=True)
class Withdrawn:
    """Something that a visit rests on spoke against it, from `at` until `ended_at`."""

    at: datetime
    ended_at: datetime | None

    def live(self, earliest: datetime, latest: datetime) -> bool:
        """Tell whether it may have been so at a moment within these bounds."""
        return self.at <= latest and (self.ended_at is None or self.ended_at > earliest)


def thing(standing: type[Standing], key: UUID) -> str:
    """Return the thing that a withdrawal is of: two people are two things."""
    return f"{standing.topic()}/{key}"


def withdrawals(connection: Connection, visit_id: UUID) -> list[Withdrawn]:
    """When what a visit rests on spoke against it."""
    its = withdrawal_table.c
    query = select(its.at, its.ended_at).where(its.visit_id == visit_id).order_by(its.at)
    return [Withdrawn(row.at, row.ended_at) for row in connection.execute(query)]


def open_withdrawals(
    connection: Connection, visits: list[UUID], of: str
) -> dict[UUID, UUID]:
    """Of each of these visits the withdrawal by one thing that still speaks against it."""
    its = withdrawal_table.c
    mine = its.visit_id.in_(visits), its.topic == of, its.ended_at.is_(None)
    rows = connection.execute(select(its.visit_id, its.id).where(*mine).order_by(its.id))
    return {row.visit_id: row.id for row in rows}


def off_duty(connection: Connection, device_ids: Collection[UUID], at: datetime) -> bool:
    """Whether a shift had ended by then, and not begun again, on one of these phones."""
    its = head_table.c
    ended = its.id.in_(device_ids), its.on_duty.is_(False), its.duty_at <= at
    return bool(connection.scalar(select(exists().where(*ended))))


def end_withdrawals(
    connection: Connection, visit_id: UUID, of: Collection[str], now: datetime
) -> None:
    """Let what these things said against a visit be over: it rests on them no more."""
    its = withdrawal_table.c
    mine = its.visit_id == visit_id, its.topic.in_(of), its.ended_at.is_(None)
    connection.execute(update(withdrawal_table).where(*mine).values(ended_at=now))


def contacts(
    connection: Connection, visit_id: UUID, device_id: UUID, by: str, since: datetime
) -> list[datetime]:
    """When a phone was told something since then: its day's pack, or an answer at the door,
    also one that refused its person without asking the rules.

    Whoever was told the time alone was told of no visit.
    A check-in is told to both phones, any other answer to who asked (`by`).
    """
    anchor, entry, asked = anchor_table.c, journal_table.c, decision_table.c
    refused, owner = refusal_table.c, select(head_table.c.person_id)
    found = union_all(
        select(anchor.at)
        .where(anchor.device_id == device_id, anchor.at >= since)
        .where(anchor.told_of == ToldOf.ITS_DAY),
        select(entry.received_at)
        .where(entry.visit_id == visit_id, entry.device_id == device_id)
        .where(entry.received_at >= since)
        .distinct(),
        select(asked.at).where(
            asked.visit_id == visit_id,
            (asked.act == Act.CHECK_IN) | (asked.asked_by == by),
            asked.at >= since,
        ),
        select(refused.at).where(
            refused.visit_id == visit_id,
            refused.person_id
            == owner.where(head_table.c.id == device_id).scalar_subquery(),
            refused.at >= since,
        ),
    )
    return sorted(connection.scalars(found))


def is_news(connection: Connection, visit_id: UUID, person_id: UUID) -> bool:
    """Whether something spoke against a visit since somebody was last refused there."""
    its, refused = withdrawal_table.c, refusal_table.c
    known = exists().where(
        refused.visit_id == visit_id,
        refused.person_id == person_id,
        refused.at >= its.at,
    )
    return bool(connection.scalar(select(exists().where(its.visit_id == visit_id, ~known))))


def cleared_since(connection: Connection, visit_id: UUID) -> datetime | None:
    """When the pair was first cleared to be at the door, if it was."""
    its = decision_table.c
    allowed = its.act == Act.CHECK_IN, its.outcome == Outcome.PROCEED
    query = select(func.min(its.at)).where(its.visit_id == visit_id, *allowed)
    since: datetime | None = connection.scalar(query)
    return since


def permitted(
    connection: Connection, visit_id: UUID, at: datetime, slack: timedelta
) -> str | None:
    """The reason that a permit to come in was given for, if one once covered a moment.

    A check-in that sent the pair away ended it. What was decided of a deed that was done
    already is no permit.
    """
    its, of_deeds = decision_table.c, verdict_table.c
    entry = (its.act == Act.ENTER_PREMISES) & (its.outcome == Outcome.PROCEED)
    away = (its.act == Act.CHECK_IN) & (its.outcome == Outcome.STOP)
    deeds = select(of_deeds.decision_id).where(
        of_deeds.visit_id == visit_id, of_deeds.decision_id == its.id
    )
    query = select(its.act, its.decision, its.facts, its.at).where(
        its.visit_id == visit_id, its.at <= at + slack, entry | away, ~exists(deeds)
    )
    for row in connection.execute(query.order_by(its.at.desc())):
        if row.act == Act.CHECK_IN:
            if row.at <= at:
                return None
            continue
        until = row.decision.get("good_until")
        if until and at < datetime.fromisoformat(until):
            reason: str | None = row.facts.get("entry_reason")
            return reason
    return None
