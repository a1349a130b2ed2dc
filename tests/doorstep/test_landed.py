"""What a person does with facts that landed, on a real database."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, text, update

from chassis import clock
from chassis.backlog import Backlog
from chassis.database import engine
from chassis.settings import settings
from doorstep.command import main
from gateway.landing.item import Item
from gateway.landing.taking import Landing
from gateway.model import landed
from gateway.store import Database
from proto import ids
from proto.base import Role
from proto.facts import Circumstance
from proto.field_visit import RecordJournal
from proto.grants import LandingReceipt
from tests.acting import Phone
from tests.chassis import conftest as keys
from tests.doorstep.test_held_back import Said
from tests.gateway.stand_in import StandIn, asker

ME = asker(Role.FIELD_COLLECTOR)
TABLES = "TRUNCATE landed, landing_receipt RESTART IDENTITY"
Say = Callable[..., Said]


@pytest.fixture
def its(environment: None, database_url: str) -> Iterator[Engine]:
    """The gateway's schema, with nothing landed."""
    found = engine(database_url, "gateway")
    keys.empty(found)
    with found.begin() as connection:
        connection.execute(text(TABLES))
    yield found
    with found.begin() as connection:
        connection.execute(text(TABLES))
    keys.empty(found)
    found.dispose()


@pytest.fixture
def say(its: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run the command and return what it said."""

    def run(*words: str) -> Said:
        code = main(["--home", str(tmp_path), "landed", *words])
        return Said(code, *capsys.readouterr())

    return run


def land(its: Engine) -> RecordJournal:
    """Let what a phone heard of a hardship land."""
    visit_id, phone = ids.new(), Phone(ids.new())
    heard = Circumstance(hardship="pregnancy")
    journal = phone.writes(visit_id, clock.now(), heard)
    command = RecordJournal(visit_id=visit_id, journal=journal)
    receipt = LandingReceipt(
        kind="journal",
        visit_id=visit_id,
        device_id=phone.device_id,
        sha256="0" * 64,
        sequence=1,
        received_at=clock.now() - timedelta(minutes=12),
    )
    database = Database(settings().database_url)
    landing = Landing(settings(), database, StandIn())
    with its.begin() as connection:
        landing.land(connection, Item(ids.new(), command, ME, ids.new(), receipt))
    database.close()
    return command


def refuse(its: Engine) -> None:
    with its.begin() as connection:
        connection.execute(update(landed).values(state="refused", problem="journal-fork"))


def states(its: Engine) -> list[str]:
    with its.begin() as connection:
        return list(connection.scalars(text("SELECT state FROM landed ORDER BY number")))


def test_nothing_is_said_in_a_sentence(say: Say) -> None:
    assert say("list").out == "nothing has landed that is not handed on\n"


def test_what_landed_is_listed_and_shown_without_what_it_says(its, say) -> None:
    command = land(its)
    refuse(its)

    listed, shown = say("list"), say("show", "1")

    (_, row) = listed.out.splitlines()
    device_id, visit_id = command.journal.device_id, command.visit_id
    refused = ["journal-fork", "0", "12", "min", "refused"]
    assert row.split() == ["1", "record_journal", str(visit_id), str(device_id), *refused]
    said = json.loads(shown.out)
    assert said["asker"]["account_id"] == str(ME.account_id)
    assert (said["problem"], said["age"]) == ("journal-fork", "12 min")
    for word in ("pregnancy", "circumstance", "box", "nonce"):
        assert word not in listed.out + shown.out


def test_one_or_all_that_were_refused_are_tried_again(its, say) -> None:
    land(its), land(its)
    refuse(its)

    assert say("retry", "2").out == "2 is handed on again now\n"
    assert states(its) == ["refused", "waiting"]
    assert say("retry", "--all").out == "1 that were refused are handed on again now\n"
    assert states(its) == ["waiting", "waiting"]


def test_what_is_discarded_stays_with_who_said_so(its, say) -> None:
    land(its)

    done = say("discard", "1", "--because", "the phone was stolen")

    assert done.code == 0
    assert states(its) == ["discarded"]
    said = json.loads(say("show", "1").out)
    assert said["discarded_because"].startswith("the phone was stolen (desk:")
    assert say("list").out == "nothing has landed that is not handed on\n"
    assert "1 was discarded at" in say("retry", "1").err
    assert "write 1 to 500" in say("discard", "1", "--because", " ").err
    assert "nothing that landed has the number 7" in say("show", "7").err


def test_one_that_somebody_holds_is_not_touched(its, say) -> None:
    land(its)
    with its.begin() as somebody:
        somebody.execute(text("SELECT FROM landed FOR UPDATE"))
        said = say("discard", "1", "--because", "a test")
    assert "is being handed on at this moment" in said.err
    assert states(its) == ["waiting"]


def test_what_landed_is_counted_and_its_age_told(its, database_url) -> None:
    registry = CollectorRegistry()
    registry.register(Backlog(database_url))

    def told(name: str, state: str) -> int:
        return round(registry.get_sample_value(name, {"state": state}) or 0)

    assert told("doorstep_landed", "waiting") == 0
    land(its)
    assert told("doorstep_landed", "waiting") == 1
    assert told("doorstep_landed_oldest_seconds", "waiting") >= 720
    refuse(its)
    assert told("doorstep_landed", "waiting") == 0
    assert told("doorstep_landed", "refused") == 1
    assert told("doorstep_landed_oldest_seconds", "waiting") == 0
    assert told("doorstep_landed_oldest_seconds", "refused") >= 720
