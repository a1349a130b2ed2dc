"""A visit is sealed once it is over, a part at a time, and never rewritten."""

import pytest
from sqlalchemy import select

from proto.facts import PositionNoted
from proto.field_visit import Ending
from services.field_visit.model import seal_table, visit_table
from tests.acting import AT_THE_DOOR
from tests.services import sealing
from tests.services.pairs import CONSENT, RECORDING, THE_DEBTOR, Pair
from tests.services.sealing import Worker, bundle, verified

SEALED = "field_visit.visit_sealed"


@pytest.fixture
def pair(unit, watch, store) -> Pair:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, phone=pair.b)
    pair.record(RECORDING, *THE_DEBTOR, PositionNoted(position=AT_THE_DOOR))
    return pair


@pytest.fixture
def worker(pair) -> Worker:
    return Worker(pair)


def both_leave(pair: Pair) -> None:
    pair.check_out(Ending.TALKED, pair.a)
    pair.check_out(Ending.TALKED, pair.b)


def seals(pair: Pair):
    query = select(seal_table).where(seal_table.c.visit_id == pair.visit)
    return list(pair.hears.connection.execute(query.order_by(seal_table.c.part)))


def due(pair: Pair):
    query = select(visit_table.c.due).where(visit_table.c.id == pair.visit)
    return pair.hears.connection.scalar(query)


def test_a_visit_that_both_have_left_is_sealed_and_its_bundle_verifies(
    pair, worker, tmp_path
) -> None:
    pair.may_enter(CONSENT)
    both_leave(pair)

    assert worker.looks() == [SEALED]

    (seal,) = seals(pair)
    assert (seal.part, seal.grade, list(seal.reasons)) == (1, "proven", [])
    verdict = verified(bundle(pair, tmp_path / "b.zip"))
    assert (verdict.grade, verdict.reason) == ("VERIFIED", None)
    kinds = {each["kind"] for each in sealing.records(pair)}
    assert kinds >= {"visit", "phone", "check_in", "entry", "decision", "ending"}
    assert worker.looks() == []
