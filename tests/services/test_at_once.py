"""What takes a permit back, while the permit is being given."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, text

from chassis.database import engine
from chassis.unit import Unit
from proto import ids
from proto.base import Asker, Role
from proto.dispatch import CaseState
from proto.letters import LetterState
from proto.workforce import AgencyStanding, DeviceState
from services.field_visit import handlers
from tests.services.conftest import topics
from tests.services.test_field_visit import Pair

TABLES = (
    *("decision", "journal", "checked_in", "visit", "kept", "outbox", "subject"),
    *("keyring.key", "keyring.master", "keyring.shredded"),
)


@pytest.fixture
def its(environment: None, database_url: str) -> Iterator[Engine]:
    """The engine of field_visit; its tables and the keyring are empty afterwards."""
    found = engine(database_url, "field_visit", pool=5)
    yield found
    with found.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(TABLES)}"))
    found.dispose()


@contextmanager
def planned(its: Engine, watch) -> Iterator[Pair]:
    """A pair whose visit is committed; what it does then is not yet."""
    with its.connect() as connection:

        def unit(service: str, role=Role.FIELD_COLLECTOR, *belongs) -> Unit:
            asker = Asker(
                account_id=ids.new(),
                role=role,
                **dict(zip(("agency_id", "person_id"), belongs, strict=False)),
            )
            return Unit(connection, service, "test", "trace", asker)

        pair = Pair(unit, watch)
        connection.commit()
        yield pair


def hear(its: Engine, standing) -> list[str]:
    """Let a standing take effect in a transaction of its own; return what was said."""
    with its.begin() as connection:
        unit = Unit(connection, "field_visit", "test", "trace")
        unit.keep(standing)
        handlers.withdraw(standing, unit)
        unit.settle()
        return topics(unit)


def state(connection: Connection, pair: Pair) -> str:
    query = text("SELECT state FROM visit WHERE id = :id")
    return connection.execute(query, {"id": pair.visit}).scalar_one()


WITHDRAWN = {
    "case": lambda p: p.case_standing(2, state=CaseState.HELD),
    "agency": lambda p: AgencyStanding(
        agency_id=p.agency, code="a", active=False, version=2
    ),
    "person": lambda p: p.person_standing(p.b, 2, in_service=False),
    "device": lambda p: p.device_standing(p.b, 2, state=DeviceState.REVOKED),
    "letter": lambda p: p.letter_standing(2, state=LetterState.REVOKED),
}


@pytest.mark.parametrize("what", WITHDRAWN)
def test_a_first_check_in_that_commits_beside_it_is_taken_back(
    its, watch, hearing, what
) -> None:
    with planned(its, watch) as pair, ThreadPoolExecutor(1) as pool:
        pair.check_in(pair.a, pair.b)
        said = pool.submit(hear, its, WITHDRAWN[what](pair))
        threading.Event().wait(0.2)
        assert not said.done()
        pair.hears.connection.commit()

        assert said.result() == ["field_visit.clearance_revoked"]
        assert state(pair.hears.connection, pair) == "arriving"


@pytest.mark.parametrize("what", WITHDRAWN)
def test_who_is_not_there_is_not_sent_away(its, watch, hearing, what) -> None:
    with planned(its, watch) as pair:
        assert hear(its, WITHDRAWN[what](pair)) == []
        assert state(pair.hears.connection, pair) == "planned"


def test_another_phone_of_theirs_takes_nothing_back(its, watch, hearing) -> None:
    with planned(its, watch) as pair:
        pair.check_in(pair.a, pair.b)
        pair.hears.connection.commit()
        pair.b.device_id = ids.new()

        assert hear(its, WITHDRAWN["device"](pair)) == []
        assert state(pair.hears.connection, pair) == "cleared"
