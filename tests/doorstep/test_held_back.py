"""What a person does with events that are held back, on a real database."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text, update

from chassis import again, clock, held, tables
from chassis.database import engine
from chassis.keyring import Keyring
from doorstep.command import main
from doorstep.heldback import rows
from doorstep.process import wait_until
from proto import ids
from tests.chassis import conftest as keys
from tests.chassis.acting import SERVICE, empty, envelope, kept, standing
from tests.chassis.test_effects import Stumbling, hear

OTHER = "contact"
RAW = b'\xff{"name": "6222020000001234"}'


class Said(NamedTuple):
    """What the command said."""

    code: int
    out: str
    err: str


Say = Callable[..., Said]


def waits_for_a_lock(its: Engine) -> bool:
    with its.connect() as connection:
        return bool(connection.scalar(text("SELECT 1 FROM pg_locks WHERE NOT granted")))


@pytest.fixture
def its(environment: None, database_url: str) -> Iterator[Engine]:
    """The engine of a service's schema, with nothing held back there or elsewhere."""
    found = engine(database_url, SERVICE, pool=10)
    every = (found, engine(database_url, OTHER, pool=0))
    keys.empty(found)  # each test has a master key of its own
    for each in every:
        empty(each, "held_back")
    yield found
    for each in every:
        empty(each, "held_back")
    keys.empty(found)
    found.dispose()


@pytest.fixture
def held_back(its: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run the command and return what it said."""

    def say(*words: str) -> Said:
        code = main(["--home", str(tmp_path), "held-back", *words])
        return Said(code, *capsys.readouterr())

    return say


@pytest.fixture
def three(its: Engine) -> list[UUID]:
    """An event that failed, and two more of its subject behind it."""
    bad = ids.new()
    every = [envelope(standing(bad, version)) for version in (1, 2, 3)]
    hear(its, Stumbling(bad).effects(), *every)
    return [each.id for each in every]


def park(its: Engine, event_id: UUID) -> None:
    query = update(tables.held_back).where(tables.held_back.c.event_id == event_id)
    values = {"parked_at": clock.now(), "next_at": None, "attempts": held.TRIES}
    with its.begin() as connection:
        connection.execute(query.values(values))


def tried(its: Engine, doing: Stumbling) -> None:
    """What the service does each quarter of a second, until nothing is due."""
    while again.try_again(its, SERVICE, doing.effects()):
        pass


def open_ids(its: Engine) -> list[UUID]:
    with its.connect() as connection:
        return [row.event_id for row in rows.waiting(connection)]


def test_the_list_says_what_waits_and_nothing_personal(
    its: Engine, held_back: Say, three: list[UUID]
) -> None:
    stranger = envelope(standing(ids.new()), subject="陈建国", data={"name": "陈建国"})
    hear(its, Stumbling().effects(), stranger)
    held.put_aside(its, SERVICE, "normal", RAW, "6222020000001234")

    said = held_back("list")

    lines = [line.split() for line in said.out.splitlines()]
    assert (said.code, lines[0][0], len(lines)) == (0, "id", 6)
    assert [(line[0], line[1], line[-1]) for line in lines[1:5]] == [
        (str(three[0]), SERVICE, "waiting"),
        (str(three[1]), SERVICE, "1"),
        (str(three[2]), SERVICE, "2"),
        (str(stranger.id), SERVICE, "parked"),
    ]
    assert lines[1][3] == "workforce.agency_standing"
    assert lines[1][5:-1] == ["RuntimeError", "1", "0", "s"]
    assert lines[5][-1] == "parked"
    assert [word for word in ("陈建国", "6222") if word in said.out] == []


def test_without_any_it_says_so(held_back: Say) -> None:
    assert held_back("list") == (0, "nothing is held back\n", "")


def test_an_event_is_shown_without_its_sealed_fields(its: Engine, held_back: Say) -> None:
    with its.begin() as connection:
        sealed = Keyring(connection).seal(ids.new(), "name", "陈建国")
    data = {"version": 1, "name": sealed.model_dump(mode="json")}
    poison = envelope(standing(ids.new()), data=data)
    hear(its, Stumbling().effects(), poison)

    said = held_back("show", str(poison.id))

    assert said.code == 0
    assert '"data": {\n      "version": 1\n    }' in said.out
    assert sealed.box not in said.out


def test_of_what_nobody_can_read_size_and_digest_are_shown_and_the_bytes_written(
    its: Engine, held_back: Say, tmp_path: Path
) -> None:
    held.put_aside(its, SERVICE, "normal", RAW, "workforce.agency_standing")
    (event_id,), file = open_ids(its), tmp_path / "bytes"

    said = held_back("show", str(event_id), "--bytes", str(file))

    assert said.code == 0
    assert f"{len(RAW)} bytes, SHA-256 {hashlib.sha256(RAW).hexdigest()}" in said.out
    assert "6222020000001234" not in said.out
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (RAW, 0o600)
    once_more = held_back("show", str(event_id), "--bytes", str(file))
    assert once_more.code == 1
    assert "exists; name a new file" in once_more.err
    in_vain = held_back("replay", str(event_id))
    assert in_vain.code == 1
    assert f"nobody can read event {event_id}" in in_vain.err


def test_a_parked_event_that_is_replayed_takes_effect_and_those_behind_it(
    its: Engine, held_back: Say, three: list[UUID]
) -> None:
    doing = Stumbling()
    park(its, three[0])
    tried(its, doing)
    assert doing.done == []

    said = held_back("replay", str(three[0]))

    assert said == (0, f"{SERVICE} tries event {three[0]} again now\n", "")
    tried(its, doing)
    assert [version for _, version in doing.done] == [1, 2, 3]
    assert open_ids(its) == []


def test_all_of_a_service_are_replayed_but_what_nobody_can_read(
    its: Engine, held_back: Say, three: list[UUID]
) -> None:
    park(its, three[0])
    held.put_aside(its, SERVICE, "normal", RAW, "workforce.agency_standing")
    good = Stumbling(subject := ids.new())
    hear(its, good.effects(), envelope(standing(subject)))

    assert held_back("replay", "--all-of", SERVICE).out == (
        f"{SERVICE} tries 2 events again now\n"
    )

    tried(its, Stumbling())
    assert kept(its, subject) == 1
    assert len(open_ids(its)) == 1


def test_what_waits_behind_another_is_not_replayed(
    held_back: Say, three: list[UUID]
) -> None:
    said = held_back("replay", str(three[1]))

    assert said.code == 1
    assert f"event {three[1]} waits behind {three[0]} of the same subject" in said.err


def test_a_discarded_event_never_takes_effect_and_later_ones_do(
    its: Engine, held_back: Say
) -> None:
    bad = ids.new()
    one, two = (envelope(standing(bad, version)) for version in (1, 2))
    hear(its, Stumbling(bad).effects(), one, two)

    said = held_back("discard", str(one.id), "--because", "sent twice by hand")

    assert said.code == 0
    doing = Stumbling()
    tried(its, doing)
    hear(its, doing.effects(), one, two)
    assert doing.done == [(bad, 2)]
    assert open_ids(its) == []
    with its.connect() as connection:
        why = connection.scalars(select(tables.held_back.c.discarded_because)).one()
    assert why.startswith("sent twice by hand (desk:")


@pytest.mark.parametrize("verb", ["show", "replay", "discard"])
def test_an_event_that_does_not_exist_is_refused_with_what_to_do(
    held_back: Say, verb: str
) -> None:
    more = ["--because", "it is not there"] if verb == "discard" else []

    said = held_back(verb, str(UUID(int=7)), *more)

    assert (said.code, said.out) == (1, "")
    assert f"no event {UUID(int=7)} is held back; `doorstep held-back list`" in said.err


def test_a_reason_must_be_given(held_back: Say, three: list[UUID]) -> None:
    said = held_back("discard", str(three[0]), "--because", "  ")

    assert (said.code, "the reason has 0 characters" in said.err) == (1, True)


def test_an_event_that_two_services_hold_back_needs_the_service_named(
    its: Engine, held_back: Say, database_url: str
) -> None:
    bad = envelope(standing(ids.new()), data={})
    other = engine(database_url, OTHER, pool=0)
    for each in (its, other):
        hear(each, Stumbling().effects(), bad)

    said = held_back("discard", str(bad.id), "--because", "never sent by workforce")

    assert said.code == 1
    assert f"is held back in {OTHER} and {SERVICE}; say which with --of" in said.err
    words = ("--because", "never sent by workforce", "--of", SERVICE)
    assert held_back("discard", str(bad.id), *words).code == 0
    assert (open_ids(its), open_ids(other)) == ([], [bad.id])


def test_of_two_people_at_once_one_discards_and_the_other_is_told(
    its: Engine, held_back: Say, three: list[UUID]
) -> None:
    with its.begin() as first, ThreadPoolExecutor(1) as pool:
        rows.discard(first, three[0], "the first one's reason")
        second = pool.submit(held_back, "replay", str(three[0]))
        assert wait_until(lambda: waits_for_a_lock(its), 60)
        assert not second.done()
        first.commit()
        said = second.result()

    assert said.code == 1
    assert f"event {three[0]} was discarded at" in said.err
    assert open_ids(its) == three[1:]


def test_a_person_is_told_when_an_event_is_being_tried_for_long(
    its: Engine, held_back: Say, three: list[UUID]
) -> None:
    with its.begin() as connection:
        held.locked(connection, three[0])  # as `chassis.again` does while it tries
        said = held_back("discard", str(three[0]), "--because", "it takes too long")

    assert said.code == 1
    assert f"event {three[0]} is being tried or handled; try again soon" in said.err
    assert open_ids(its) == three


def test_what_took_effect_meanwhile_is_said(
    its: Engine, held_back: Say, three: list[UUID]
) -> None:
    with its.begin() as service, ThreadPoolExecutor(1) as pool:
        held.locked(service, three[0])
        person = pool.submit(held_back, "replay", str(three[0]))
        assert wait_until(lambda: waits_for_a_lock(its), 60)
        held.let_go(service, three[0])
        service.commit()
        said = person.result()

    assert said.code == 1
    assert f"event {three[0]} is held back no more: it took effect" in said.err
