"""What waits in the database, as numbers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from chassis import clock, tables
from chassis.backlog import Backlog
from proto import ids
from tests.chassis.acting import SERVICE, empty

TABLES = ("outbox", "held_back", "source", "job")
Numbers = dict[tuple[str, ...], float]


@pytest.fixture(autouse=True)
def tables_empty(its: Engine) -> Iterator[None]:
    empty(its, *TABLES)
    yield
    empty(its, *TABLES)


def numbers(url: str) -> Numbers:
    """What a scrape says of our service: name, label values, number."""
    registry = CollectorRegistry()
    registry.register(Backlog(url))
    said = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (each.name, *(v for k, v in sorted(each.labels.items()) if k != "service")): (
            round(each.value)
        )
        for family in said
        for each in family.samples
        if each.labels.get("service", SERVICE) == SERVICE
    }


def put(its: Engine, name: str, **row: Any) -> None:
    event = {"event_id": ids.new(), "subject": "s", "envelope": {}}
    held = {"lane": "normal", "topic": "t", "attempts": 1}
    told = {"kind": "k", "task": {}, "subject": "s", "by": "t", "trace": "t"}
    begun = {"outbox": event, "held_back": event | held, "job": {"id": ids.new()} | told}
    with its.begin() as connection:
        table = tables.metadata.tables[name]
        connection.execute(table.insert(), begun.get(name, {}) | row)


def ago(seconds: float) -> Any:
    return clock.now() - timedelta(seconds=seconds)


def test_with_nothing_waiting_every_number_is_zero(its: Engine, database_url: str) -> None:
    found = numbers(database_url)

    assert found.pop(("doorstep_database_up",)) == 1
    lanes = ("urgent", "due", "normal")
    states = ("waiting", "behind", "parked")
    heads = ("waiting", "unknown", "otherwise")
    assert found == dict.fromkeys(
        [
            *(("doorstep_outbox_waiting", lane) for lane in lanes),
            *(("doorstep_outbox_oldest_seconds", lane) for lane in lanes),
            *(("doorstep_held_back", state) for state in states),
            *(("doorstep_held_back_oldest_seconds", state) for state in states),
            ("doorstep_jobs_waiting",),
            ("doorstep_jobs_failed",),
            *(("doorstep_landed", state) for state in ("waiting", "refused")),
            *(("doorstep_landed_oldest_seconds", s) for s in ("waiting", "refused")),
            *(("doorstep_heads_unsent", state) for state in heads),
            *(("doorstep_heads_unsent_oldest_seconds", state) for state in heads),
            ("doorstep_timestamps_absent",),
            ("doorstep_timestamps_absent_oldest_seconds",),
            ("doorstep_timestamps_ending",),
        ],
        0,
    )


def test_what_waits_is_counted_with_the_age_of_the_oldest(
    its: Engine, database_url: str
) -> None:
    put(its, "outbox", said_at=ago(100))
    put(its, "outbox", said_at=ago(50))
    put(its, "outbox", said_at=ago(20), urgent=True)
    put(its, "outbox", said_at=ago(900), due_at=ago(30))
    put(its, "outbox", said_at=ago(900), due_at=ago(-300))
    put(its, "outbox", said_at=ago(900), published_at=ago(800))
    put(its, "held_back", held_at=ago(70), parked_at=ago(60))
    put(its, "held_back", held_at=ago(40))
    put(its, "held_back", held_at=ago(10), subject="other")
    put(its, "held_back", held_at=ago(900), discarded_at=ago(800))
    put(its, "source", source="dispatch", lane="urgent", ticked_at=ago(5), heard_at=ago(5))
    put(its, "job", run_at=ago(5))
    put(its, "job", run_at=ago(5), failed_at=ago(4))
    put(its, "job", run_at=ago(5), done_at=ago(4))

    found = numbers(database_url)

    assert {key: value for key, value in found.items() if value} == {
        ("doorstep_database_up",): 1,
        ("doorstep_outbox_waiting", "normal"): 2,
        ("doorstep_outbox_oldest_seconds", "normal"): 100,
        ("doorstep_outbox_waiting", "urgent"): 1,
        ("doorstep_outbox_oldest_seconds", "urgent"): 20,
        ("doorstep_outbox_waiting", "due"): 1,
        ("doorstep_outbox_oldest_seconds", "due"): 30,
        ("doorstep_held_back", "parked"): 1,
        ("doorstep_held_back_oldest_seconds", "parked"): 70,
        ("doorstep_held_back", "behind"): 1,
        ("doorstep_held_back_oldest_seconds", "behind"): 40,
        ("doorstep_held_back", "waiting"): 1,
        ("doorstep_held_back_oldest_seconds", "waiting"): 10,
        ("doorstep_source_age_seconds", "urgent", "dispatch"): 5,
        ("doorstep_jobs_waiting",): 1,
        ("doorstep_jobs_failed",): 1,
    }


def test_without_a_database_a_scrape_still_answers(environment: None) -> None:
    assert numbers("postgresql://doorstep@127.0.0.1:1/none") == {
        ("doorstep_database_up",): 0
    }
