"""Events take effect once and in order; what fails is held back and tried again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import generate_latest
from sqlalchemy import Engine, event, select, text, update

from chassis import again, clock, effects, held, keyring, tables, ticks
from chassis.effects import DatabaseAway, Effect, Effects
from chassis.keyring import Keyring
from chassis.shared import Shared
from chassis.unit import Unit
from proto import ids
from proto.base import Envelope
from proto.workforce import AgencyStanding
from tests.chassis.acting import SERVICE, empty, envelope, kept, standing

TOPIC = AgencyStanding.topic()
KEEP: Effects = {TOPIC: Effect(AgencyStanding, keeps=True)}


@pytest.fixture(autouse=True)
def nothing_held_back(its: Engine) -> None:
    empty(its, "held_back")


def hear(its: Engine, doing: Effects, *heard: Envelope, lane: str = "normal") -> None:
    effects.hear(its, SERVICE, lane, doing, heard)


def waiting(its: Engine) -> list[tuple[UUID, str | None, int, bool]]:
    """What is held back: event, error, tries, and whether it is parked."""
    table = tables.held_back
    columns = (table.c.event_id, table.c.error, table.c.attempts)
    query = select(*columns, table.c.parked_at.is_not(None)).where(tables.OPEN)
    with its.connect() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(table.c.position))]


class Stumbling:
    """Does what it is told, but fails for some subjects, and remembers who came."""

    def __init__(self, *fails_for: UUID) -> None:
        self.fails_for = set(fails_for)
        self.done: list[tuple[UUID, int]] = []

    def __call__(self, event: AgencyStanding, unit: Unit) -> None:
        if event.agency_id in self.fails_for:
            raise RuntimeError("6222020000001234 fell in")
        self.done.append((event.agency_id, event.version))

    def effects(self) -> Effects:
        return {TOPIC: Effect(AgencyStanding, (self,), keeps=True)}


def test_an_event_takes_effect_once(its: Engine) -> None:
    one, doing = envelope(standing(ids.new())), Stumbling()

    hear(its, doing.effects(), one, one)
    hear(its, doing.effects(), one)

    assert len(doing.done) == 1


def test_of_two_processes_at_once_one_applies_it(its: Engine) -> None:
    batch, doing = [envelope(standing(ids.new())) for _ in range(50)], Stumbling()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: hear(its, doing.effects(), *batch), range(4)))

    # A handler may run and be rolled back; what it wrote stands once.
    assert {kept(its, UUID(each.subject)) for each in batch} == {1}
    assert waiting(its) == []


def test_an_older_standing_never_replaces_a_newer_one(its: Engine) -> None:
    agency_id = ids.new()
    hear(its, KEEP, *(envelope(standing(agency_id, version)) for version in (1, 3, 2)))
    hear(its, KEEP, envelope(standing(agency_id, 2)))

    assert kept(its, agency_id) == 3


def test_what_fails_is_held_back_with_its_subject_and_others_flow(its: Engine) -> None:
    bad, good = ids.new(), ids.new()
    doing = Stumbling(bad)
    one, two, other = (envelope(standing(s, v)) for s, v in ((bad, 1), (bad, 2), (good, 1)))

    hear(its, doing.effects(), one, two, other)

    assert doing.done == [(good, 1)]
    assert waiting(its) == [(one.id, "RuntimeError", 1, False), (two.id, None, 0, False)]
    assert kept(its, bad) is None


def test_what_comes_later_of_the_subject_waits_behind_it(its: Engine) -> None:
    bad = ids.new()
    doing = Stumbling(bad)
    one, two = envelope(standing(bad, 1)), envelope(standing(bad, 2))
    hear(its, doing.effects(), one)
    doing.fails_for.clear()

    hear(its, doing.effects(), two)

    assert doing.done == []
    until_tried(its, doing.effects())
    assert doing.done == [(bad, 1), (bad, 2)]
    assert waiting(its) == []


def until_tried(its: Engine, doing: Effects) -> None:
    """Try again until nothing is due any more."""
    make_due(its)
    while again.try_again(its, SERVICE, doing):
        make_due(its)


def test_a_hundred_events_behind_a_mended_one_go_in_one_beat(
    its: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, passes = ids.new(), []
    doing, a_pass = Stumbling(bad), again.try_again
    hear(its, doing.effects(), *(envelope(standing(bad, v)) for v in range(1, 101)))
    doing.fails_for.clear()
    make_due(its)

    def counted(*given: Any) -> int:
        passes.append(a_pass(*given))
        return passes[-1]

    monkeypatch.setattr(again, "try_again", counted)
    assert again.drain(its, SERVICE, doing.effects(), seconds=60) == 100

    assert (passes, waiting(its)) == ([*[1] * 100, 0], [])
    assert doing.done == [(bad, version) for version in range(1, 101)]


def test_a_beat_ends_when_its_time_is_over(
    its: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "try_again", lambda *_: 1)

    assert again.drain(its, SERVICE, KEEP, seconds=-1) == 1


def make_due(its: Engine) -> None:
    past = clock.now() - timedelta(hours=1)
    table = tables.held_back
    with its.begin() as connection:
        due = table.c.next_at.is_not(None)
        connection.execute(update(table).where(due).values(next_at=past))


def test_it_is_tried_again_with_growing_delay_and_then_parked(
    its: Engine, monkeypatch
) -> None:
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)  # no delay is shorter for a slow look
    bad = ids.new()
    doing = Stumbling(bad)
    hear(its, doing.effects(), envelope(standing(bad)))
    delays = []
    for _ in range(held.TRIES - 1):
        delays.append(next_try(its))
        make_due(its)
        assert again.try_again(its, SERVICE, doing.effects()) == 0

    assert [row[1:] for row in waiting(its)] == [("RuntimeError", held.TRIES, True)]
    assert delays == sorted(delays)
    assert (delays[0], delays[-1]) == (0.1, 30.0)
    doing.fails_for.clear()
    until_tried(its, doing.effects())
    assert doing.done == []  # parked: for a person alone


def next_try(its: Engine) -> float:
    """The seconds until the next try."""
    table = tables.held_back
    with its.connect() as connection:
        row = connection.execute(select(table.c.next_at)).one()
        return float((row.next_at - clock.now()).total_seconds())


def test_what_can_never_be_read_is_parked_at_once(its: Engine) -> None:
    poison = envelope(standing(ids.new()), data={"agency_id": "no id"})

    hear(its, KEEP, poison)

    assert waiting(its) == [(poison.id, "ValidationError", 1, True)]


def test_a_handler_finds_what_the_event_before_it_wrote(its: Engine) -> None:
    agency_id, seen = ids.new(), []

    def look(event: AgencyStanding, unit: Unit) -> None:
        found = Shared(unit.connection).kept([agency_id]).get(AgencyStanding, agency_id)
        seen.append(found and found.version)

    doing = {TOPIC: Effect(AgencyStanding, (look,), keeps=True)}
    hear(its, doing, *(envelope(standing(agency_id, version)) for version in (1, 2, 3)))

    assert seen == [None, 1, 2]


def test_a_database_that_is_away_is_no_fault_of_the_event(its: Engine) -> None:
    def end(event: AgencyStanding, unit: Unit) -> None:
        unit.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    doing = {TOPIC: Effect(AgencyStanding, (end,))}
    with pytest.raises(DatabaseAway):
        hear(its, doing, envelope(standing(ids.new())))

    assert waiting(its) == []


@contextmanager
def somebody_holds(its: Engine, *subjects: UUID) -> Iterator[None]:
    """A transaction of somebody else's that has locked a row of each, and stays open."""
    with its.begin() as connection:
        for each in subjects:
            connection.execute(
                tables.subject.insert().values(subject=str(each), sequence=1)
            )
    with its.begin() as connection:
        connection.execute(text("SELECT FROM subject FOR UPDATE"))
        yield
    empty(its, "subject")


def need(event: AgencyStanding, unit: Unit) -> None:
    """Change a row that somebody may hold, as a hold does with a visit's."""
    unit.connection.execute(text("SET LOCAL lock_timeout = 50"))
    its = {"subject": str(event.agency_id)}
    unit.connection.execute(
        text("UPDATE subject SET sequence = 2 WHERE subject=:subject"), its
    )


def sleep(event: AgencyStanding, unit: Unit) -> None:
    if event.code == "slow":
        unit.connection.execute(text("SET LOCAL statement_timeout = 50"))
        unit.connection.execute(text("SELECT pg_sleep(1)"))


NEED: Effects = {TOPIC: Effect(AgencyStanding, (need,), keeps=True)}
SLEEP: Effects = {TOPIC: Effect(AgencyStanding, (sleep,), keeps=True)}


def test_a_row_that_somebody_holds_stops_one_subject_and_no_tick(its: Engine) -> None:
    empty(its, "source")
    bad, good, now = ids.new(), ids.new(), clock.now()
    one, other = envelope(standing(bad)), envelope(standing(good))
    with somebody_holds(its, bad):
        hear(its, NEED, one, other, tick("dispatch", now), lane="urgent")

        assert waiting(its) == [(one.id, "OperationalError", 1, False)]
        assert kept(its, good) == 1
        with its.connect() as connection:
            assert Shared(connection).ticked == {"dispatch": now}

    until_tried(its, NEED)
    assert kept(its, bad) == 1


def test_an_effect_that_takes_too_long_stops_one_subject(its: Engine) -> None:
    slow, good = ids.new(), ids.new()
    one = standing(slow).model_copy(update={"code": "slow"})

    hear(its, SLEEP, envelope(one), envelope(standing(good)))

    assert [row[1:] for row in waiting(its)] == [("OperationalError", 1, False)]
    assert kept(its, good) == 1


def test_a_row_that_somebody_holds_ends_no_pass_over_what_is_held_back(
    its: Engine,
) -> None:
    bad, good = [ids.new() for _ in range(3)], ids.new()
    hear(
        its, Stumbling(*bad, good).effects(), *(envelope(standing(s)) for s in (*bad, good))
    )
    make_due(its)

    with somebody_holds(its, *bad):
        assert again.try_again(its, SERVICE, NEED) == 1

    assert kept(its, good) == 1
    assert [row[1:3] for row in waiting(its)] == [("OperationalError", 2)] * 3


def test_whoever_has_waited_longest_is_tried_first(
    its: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or else those with the smallest ids would keep the others from their turn."""
    subjects = sorted((ids.new() for _ in range(3)), key=str, reverse=True)
    for each in subjects:
        hear(its, Stumbling(*subjects).effects(), envelope(standing(each)))
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(hours=1))
    monkeypatch.setattr(held, "AT_ONCE", 1)
    tried = []
    for _ in subjects:
        with its.connect() as connection:
            (head,) = held.heads(connection, clock.now())
        again.try_again(its, SERVICE, Stumbling(*subjects).effects())
        tried.append(head)

    assert tried == [row[0] for row in waiting(its)]


def test_an_unreadable_message_is_kept_sealed_and_parked(
    its: Engine, emptied: object
) -> None:
    raw = b'\xff{"name": "6222020000001234"}'

    held.put_aside(its, SERVICE, "normal", raw, "workforce.agency_standing")

    table = tables.held_back
    with its.connect() as connection:
        row = connection.execute(select(table)).one()
        assert "6222020000001234" not in str(row)
        assert (row.error, row.parked_at is not None) == ("unreadable", True)
        sealed = keyring.Sealed.model_validate(row.raw)
        key = ids.named("unreadable", SERVICE)
        opened = Keyring(connection).open(sealed, key, held.UNREADABLE)
    assert bytes.fromhex(opened) == raw


def test_errors_are_noted_by_their_kind_alone(its: Engine) -> None:
    bad = ids.new()
    hear(its, Stumbling(bad).effects(), envelope(standing(bad)))

    table = tables.held_back
    with its.connect() as connection:
        row: Any = connection.execute(select(table)).one()
    assert "6222020000001234" not in str(tuple(row))


def tick(source: str, at: datetime) -> Envelope:
    return Envelope(
        source=f"doorstep/{source}",
        type=ticks.topic(source, "often"),
        subject=f"tick/{source}",
        time=at,
        by="doorstep",
        trace="t",
        data={},
    )


@pytest.mark.parametrize("with_event", [False, True])
def test_a_batch_waits_for_the_disk_unless_it_is_of_ticks_alone(
    its: Engine, with_event: bool
) -> None:
    heard = [tick("dispatch", clock.now())]
    heard += [envelope(standing(ids.new()))] if with_event else []
    said: list[str] = []
    event.listen(its, "before_cursor_execute", lambda *told: said.append(told[2]))

    hear(its, KEEP, *heard)

    assert any("synchronous_commit" in each for each in said) is not with_event


def test_the_newest_tick_of_each_source_is_noted_with_the_events_before_it(
    its: Engine,
) -> None:
    empty(its, "source")
    now, agency_id = clock.now(), ids.new()
    batch = [
        tick("dispatch", now - timedelta(seconds=2)),
        envelope(standing(agency_id)),
        tick("dispatch", now),
        tick("letters", now),
    ]

    hear(its, KEEP, *batch, lane="urgent")

    with its.connect() as connection:
        assert Shared(connection).ticked == {"dispatch": now, "letters": now}
    assert kept(its, agency_id) == 1


def heard_lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the lines of heard events say."""
    return [each.fields for each in caplog.records if each.message == "heard"]


def test_of_two_copies_in_one_batch_the_second_is_known(
    its: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "doorstep")
    one, other = envelope(standing(ids.new())), envelope(standing(ids.new()))

    hear(its, KEEP, one, other, one)

    assert [each["outcome"] for each in heard_lines(caplog)] == ["done", "done", "known"]


CARD = "6222020000001234"


def test_words_that_are_not_ours_are_neither_logged_nor_counted_by(
    its: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "doorstep")
    ours = envelope(standing(ids.new()), trace=ids.new().hex)
    others = envelope(standing(ids.new()), type=f"workforce.{CARD}", trace=CARD)
    poison = envelope(standing(ids.new()), trace=CARD * 2 + " ", data={})
    forged = tick(CARD, clock.now())

    hear(its, KEEP, ours, others, poison, forged)

    said = {(each["message"], each["trace"]) for each in heard_lines(caplog)}
    not_ours = effects.NOT_OURS
    assert said == {(TOPIC, ours.trace), (not_ours, not_ours), (TOPIC, not_ours)}
    assert CARD not in caplog.text
    assert CARD not in generate_latest().decode()


def test_what_is_parked_is_named_by_its_id(
    its: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "TRIES", 2)
    bad = envelope(standing(ids.new()))
    hear(its, Stumbling(UUID(bad.subject)).effects(), bad)
    make_due(its)

    again.try_again(its, SERVICE, Stumbling(UUID(bad.subject)).effects())

    assert caplog.messages[-1] == f"event {bad.id} is parked: RuntimeError"
