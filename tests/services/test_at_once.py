"""What takes a permit back, while the permit is being given."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, text

from chassis.database import engine
from chassis.shared import Shared
from chassis.unit import Unit
from proto import ids
from proto.base import Asker, Role
from proto.decision import Outcome
from proto.dispatch import CaseState
from proto.field_visit import (
    Cause,
    CheckIn,
    CheckOut,
    Closed,
    Ending,
    LookAround,
    SummonHelp,
)
from proto.letters import LetterState
from proto.workforce import AgencyStanding, DeviceState
from services.field_visit import handlers, store
from tests.services.conftest import topics
from tests.services.pairs import Pair, judged

TABLES = (
    *("decision", "journal", "media", "checked_in", "help", "visit", "kept", "outbox"),
    *("journal_head", "journal_ahead", "irregularity", "verdict", "withdrawal", "anchor"),
    *("refusal", "score", "finding", "finding_reply", "subject", "access"),
    *("seal", "disclosure", "correction", "erasure", "log_node", "tree_head"),
    *(
        "recording",
        "recording_finding",
        "picture",
        "grey",
        "report",
        "head_sent",
        "timestamp",
    ),
    *("keyring.key", "keyring.master", "keyring.shredded"),
)


@pytest.fixture
def its(environment: None, database_url: str) -> Iterator[Engine]:
    """The engine of field_visit; before and after, its tables and the keyring are empty."""
    found = engine(database_url, "field_visit", pool=5)
    forget(found)  # others may have sealed under a master key of their own
    yield found
    forget(found)
    found.dispose()


def forget(its: Engine) -> None:
    with its.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(TABLES)} CASCADE"))


@contextmanager
def planned(its: Engine, watch, kind=Pair, beside: Pair | None = None) -> Iterator[Pair]:
    """A pair whose visit is committed; what it does then is not yet."""
    with its.connect() as connection:

        def unit(service: str, role=Role.FIELD_COLLECTOR, *belongs) -> Unit:
            asker = Asker(
                account_id=ids.new(),
                role=role,
                **dict(zip(("agency_id", "person_id"), belongs, strict=False)),
            )
            return Unit(connection, service, "test", "trace", asker)

        pair = kind(unit, watch, beside=beside)
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


#: What takes one of the two out: the visit ends early (S14).
OF_THE_PAIR = ("person", "device", "letter")


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

        cut = ["field_visit.visit_cut_short"] if what in OF_THE_PAIR else []
        assert said.result() == ["field_visit.clearance_revoked", *cut]
        left = "leaving" if what in OF_THE_PAIR else "arriving"
        assert state(pair.hears.connection, pair) == left


@pytest.mark.parametrize("what", WITHDRAWN)
def test_who_is_not_there_is_not_sent_away(its, watch, hearing, what) -> None:
    with planned(its, watch) as pair:
        assert hear(its, WITHDRAWN[what](pair)) == []
        assert state(pair.hears.connection, pair) == "planned"


def leaves(its: Engine, pair: Pair) -> Closed:
    """The second phone checks out, in a transaction of its own."""
    with its.begin() as connection:
        unit = Unit(connection, "field_visit", "test", "trace")
        command = CheckOut(visit_id=pair.visit, ending=Ending.TALKED)
        closed = handlers.check_out(command, unit)
        unit.settle()
        return closed


def calls(pair: Pair) -> SummonHelp:
    its = {"help_id": ids.new(), "device_id": pair.a.device_id, "at": pair.watch.now}
    return SummonHelp(visit_id=pair.visit, **its)


def test_a_check_out_beside_a_call_for_help_ends_in_danger(its, watch, hearing) -> None:
    with planned(its, watch) as pair, ThreadPoolExecutor(1) as pool:
        pair.check_in(pair.a, pair.b)
        pair.hears.connection.commit()
        pair.does(handlers.summon_help, calls(pair))
        beside = pool.submit(leaves, its, pair)
        until_waited_for(its)
        pair.hears.connection.commit()

        closed = beside.result()

        assert (closed.ending, closed.cause) == (Ending.ENDED_EARLY, Cause.DANGER)


def test_a_look_beside_a_check_out_closes_nothing_twice(its, watch, hearing) -> None:
    """Whoever holds the visit is passed over, and by the next minute it has ended."""
    with planned(its, watch) as pair:
        pair.check_in(pair.a, pair.b)
        pair.hears.connection.commit()
        watch.goes(hours=17)
        pair.check_out()

        assert looks(its) == []
        pair.hears.connection.commit()
        assert looks(its) == []


def looks(its: Engine) -> list[str]:
    with its.begin() as connection:
        unit = Unit(connection, "field_visit", "test", "trace")
        handlers.look_around(LookAround(), unit)
        unit.settle()
        return topics(unit)


def until_waited_for(its: Engine) -> None:
    """Return once somebody waits for a row that is held."""
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    until = time.monotonic() + 20
    while True:
        with its.connect() as connection:
            if connection.scalar(waits):
                return
        assert time.monotonic() < until
        threading.Event().wait(0.02)


def test_another_phone_of_theirs_takes_nothing_back(its, watch, hearing) -> None:
    with planned(its, watch) as pair:
        pair.check_in(pair.a, pair.b)
        pair.hears.connection.commit()
        pair.b.device_id = ids.new()

        assert hear(its, WITHDRAWN["device"](pair)) == []
        assert state(pair.hears.connection, pair) == "cleared"


def test_of_two_visits_to_one_case_at_once_one_is_made(its, watch, hearing) -> None:
    """C.18 is judged by the other visit as it stands once its pair has been answered."""
    with (
        planned(its, watch) as first,
        planned(its, watch, beside=first) as second,
        ThreadPoolExecutor(1) as pool,
    ):
        cleared = first.check_in(first.a, first.b)
        beside = pool.submit(second.check_in, second.a, second.b)
        threading.Event().wait(0.2)
        assert not beside.done()
        first.hears.connection.commit()

        assert judged(cleared) == (Outcome.PROCEED, [])
        assert judged(beside.result()) == (Outcome.STOP, ["C.18"])


def test_two_visits_to_one_case_in_one_message_are_answered_one_by_one(
    its, watch, hearing
) -> None:
    with planned(its, watch) as first, planned(its, watch, beside=first) as second:
        shared = Shared(first.hears.connection)
        orders = [arrives(first), arrives(second)]
        store.gather(shared, orders)
        outcomes = [
            judged(handlers.check_in(order, of(pair, shared)))
            for order, pair in zip(orders, (first, second), strict=True)
        ]

        assert outcomes == [(Outcome.PROCEED, []), (Outcome.STOP, ["C.18"])]


def arrives(pair: Pair) -> CheckIn:
    present = pair.side_by_side(pair.a, pair.b)
    return CheckIn(visit_id=pair.visit, present=present)


def of(pair: Pair, shared: Shared) -> Unit:
    me = Asker(
        account_id=ids.new(),
        role=Role.FIELD_COLLECTOR,
        agency_id=pair.agency,
        person_id=pair.a.person_id,
    )
    return Unit(shared.connection, "field_visit", "test", "trace", me, shared)
