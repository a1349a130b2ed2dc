"""Cases that were held when a case had one reason, brought to holds by reason."""

from collections.abc import Iterator
from datetime import time
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import Connection, text

from chassis.database import engine
from chassis.heads import HISTORIES
from chassis.migrate import script_directory
from chassis.unit import later_topic
from proto import ids
from proto.base import Envelope
from proto.dispatch import HoldReviewFalls
from services.dispatch.model import DUTY_DESK

CHASSIS, OURS = HISTORIES["dispatch"]
HELD, COMPLAINT, PLACED = ids.new(), ids.new(), ids.new()
CASE = text(
    "INSERT INTO debt_case (id, number, agency_id, state, books, debtor, address, amount,"
    " currency, overdue_since, entry, version, held_because) VALUES (:id, :number, :id,"
    " :state, '{}', '{}', '{}', 1, 'CNY', now(), '', 1, :because)"
)


def bring(connection: Connection, history, to: str) -> None:
    """Run a history up to a revision, as `doorstep migrate` does up to its newest."""
    scripts = script_directory(history)

    def missing(revision, _):
        return scripts._upgrade_revs(to, revision)

    with EnvironmentContext(Config(), scripts, fn=missing) as context:
        context.configure(
            connection=connection, version_table=f"version_{history.parent.name}"
        )
        context.run_migrations()


@pytest.fixture
def before(database_url: str) -> Iterator[Connection]:
    """A schema as it was, with three cases of then; rolled back."""
    with engine(database_url, "of_before", pool=0).connect() as connection:
        connection.execute(text("CREATE SCHEMA of_before"))
        connection.execute(text("SET search_path = of_before"))
        bring(connection, CHASSIS, "head")
        bring(connection, OURS, "0004")
        for number, (key, because) in enumerate(
            {HELD: "disputed", COMPLAINT: "complaint", PLACED: None}.items()
        ):
            state = "held" if because else "placed"
            row = {"id": key, "number": str(number), "state": state, "because": because}
            connection.execute(CASE, row)
        yield connection
        connection.rollback()


def test_a_held_case_keeps_its_reason_and_is_reviewed_tomorrow(before: Connection) -> None:
    bring(before, OURS, "head")

    query = "SELECT case_id, reason, owner_id, lifted_at, review_on, falls_on FROM hold"
    rows = {row.case_id: row for row in before.execute(text(query))}
    assert {key: tuple(row)[1:4] for key, row in rows.items()} == {
        HELD: ("disputed", DUTY_DESK, None),
        COMPLAINT: ("bank_decision", DUTY_DESK, None),
    }
    query = "SELECT event_id, subject, sequence, due_at, envelope FROM outbox"
    orders = list(before.execute(text(query)))
    assert {row.subject for row in orders} == {str(HELD), str(COMPLAINT)}
    for row in orders:
        said = Envelope.model_validate(row.envelope)
        order, held = HoldReviewFalls.model_validate(said.data), rows[UUID(row.subject)]
        assert (said.id, said.type) == (
            row.event_id,
            later_topic("dispatch", HoldReviewFalls.operation()),
        )
        assert (order.reason, order.review_on) == (held.reason, held.review_on)
        at = row.due_at.astimezone(ZoneInfo("Asia/Shanghai"))
        assert (at.date(), at.time()) == (held.falls_on, time(9))
    query = "SELECT times, last_at = placed_at FROM hold"
    assert [tuple(row) for row in before.execute(text(query))] == [(1, True)] * 2
