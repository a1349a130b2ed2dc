"""The log of seals: its heads, of which one a day is given away, and who may ask."""

import pytest
from sqlalchemy import select

from chassis import evidence_keys, tables
from chassis.settings import settings
from evidence.suites import SUITES
from evidence.verifying import Anchors, verify
from proto.base import Role
from proto.evidence import ListTreeHeads
from proto.facts import Knocked
from proto.field_visit import Ending
from services.field_visit import handlers
from services.field_visit.model import PUBLISH_HEAD, tree_head_table
from tests.services.pairs import Pair
from tests.services.sealing import Worker, bundle

SIGNED = "field_visit.tree_head_signed"


@pytest.fixture
def pair(unit, watch, store) -> Pair:
    return Pair(unit, watch)


@pytest.fixture
def worker(pair) -> Worker:
    pair.check_in(pair.a, pair.b)
    pair.check_out(Ending.TALKED, pair.a)
    pair.check_out(Ending.TALKED, pair.b)
    worker = Worker(pair)
    worker.looks()
    return worker


def heads(pair: Pair, given_away: bool | None = None):
    query = select(tree_head_table).order_by(tree_head_table.c.size, tree_head_table.c.at)
    rows = pair.hears.connection.execute(query)
    return [row for row in rows if given_away in (None, row.given_away)]


def shown(pair: Pair, **asked):
    unit = pair.open("field_visit", Role.ANYONE)
    return handlers.list_tree_heads(ListTreeHeads(**asked), unit)


def corrected(pair: Pair, worker: Worker) -> None:
    """One more seal."""
    pair.record(Knocked(times=2))
    pair.watch.goes(minutes=1)
    worker.looks()


def test_each_seal_is_soon_under_a_signed_head_and_one_a_day_is_given_away(
    pair, worker
) -> None:
    (first,) = heads(pair)
    assert not first.given_away
    assert worker.day_ends() == [SIGNED]
    assert worker.day_ends() == []

    (given,) = heads(pair, given_away=True)
    assert (given.size, given.root) == (first.size, first.root)
    key = evidence_keys.private(settings(), evidence_keys.SEAL)
    public = evidence_keys.public(settings(), key)
    suite = SUITES["international"]
    assert suite.verifies(public, given.text.encode(), given.signature)
    job = tables.job
    query = select(job.c.task).where(job.c.kind == PUBLISH_HEAD)
    jobs = list(pair.hears.connection.scalars(query))
    assert jobs == [{"head_id": str(given.id)}]


def test_a_day_on_which_nothing_was_sealed_has_no_head(pair, worker) -> None:
    worker.day_ends()
    pair.watch.goes(days=1)
    assert worker.day_ends() == []

    corrected(pair, worker)
    assert worker.day_ends() == [SIGNED]
    sizes = [each.size for each in heads(pair, given_away=True)]
    assert sizes[1] == sizes[0] + 1


def test_anybody_is_shown_those_that_were_given_away_page_by_page(pair, worker) -> None:
    for _ in range(3):
        worker.day_ends()
        pair.watch.goes(days=1)
        corrected(pair, worker)

    whole = shown(pair)
    assert [each.size for each in whole.heads] == sorted(
        (each.size for each in heads(pair, given_away=True)), reverse=True
    )
    first = shown(pair, limit=2)
    assert first.heads == whole.heads[:2]
    rest = shown(pair, limit=2, before=first.next)
    assert (rest.heads, rest.next) == (whole.heads[2:], None)


def test_a_head_that_was_given_away_confirms_a_bundle_made_later(
    pair, worker, tmp_path
) -> None:
    worker.day_ends()
    pair.watch.goes(days=1)
    corrected(pair, worker)
    given = shown(pair).heads[-1]
    path = bundle(pair, tmp_path / "b.zip")
    key = evidence_keys.private(settings(), evidence_keys.SEAL)
    anchors = Anchors(
        seals=(evidence_keys.public(settings(), key),),
        tree_heads=(("head.json", given.text.encode()),),
    )

    verdict = verify(path, anchors)

    assert verdict.grade == "VERIFIED"
    assert [each.size for each in verdict.finding.confirmed] == [given.size]
    other = given.text.replace(given.root, "0" * 64).encode()
    forged = Anchors(seals=anchors.seals, tree_heads=(("head.json", other),))
    assert verify(path, forged).grade == "FAILED"
