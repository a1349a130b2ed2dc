"""What a service tells itself every minute is told once a minute, by however many."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine, delete, func, select

from chassis import clock, rounds, tables
from proto.housekeeping import KeepHouse
from tests.chassis.acting import SERVICE

OURS = tables.outbox.c.subject == str(rounds.house(SERVICE))


@pytest.fixture(autouse=True)
def quiet(its: Engine) -> Iterator[None]:
    forget(its)
    yield
    forget(its)


def forget(its: Engine) -> None:
    with its.begin() as connection:
        connection.execute(delete(tables.outbox).where(OURS))


def said(its: Engine) -> int:
    with its.connect() as connection:
        return connection.scalar(select(func.count()).where(OURS)) or 0


def test_two_processes_of_a_service_make_one_round_a_minute(its, monkeypatch) -> None:
    seen = []
    for moment in ("12:00:00", "12:00:59", "12:01:00"):
        now = datetime.fromisoformat(f"2026-03-02T{moment}+08:00")
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        rounds.go(its, SERVICE, KeepHouse)
        rounds.go(its, SERVICE, KeepHouse)
        seen.append(said(its))

    assert seen == [1, 1, 2]
