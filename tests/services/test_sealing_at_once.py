"""Seals that are noted at the same moment, by real transactions."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import Engine, select

from chassis.unit import Unit
from evidence import merkle
from evidence.suites import SUITES
from proto import ids
from proto.evidence import NoteSeal
from services.field_visit import handlers, store
from services.field_visit.model import seal_table
from tests.services.conftest import NOON
from tests.services.pairs import Pair
from tests.services.test_at_once import its, planned

__all__ = ["its"]

SUITE, MANY, PARTS = SUITES["international"], 5, 12


def told(pair: Pair, part: int) -> NoteSeal:
    """What a worker tells of a part; what it signed is of no concern here."""
    return NoteSeal(
        seal_id=ids.new(),
        visit_id=pair.visit,
        part=part,
        suite=SUITE.name,
        head=f'{{"part":{part},"visit_id":"{pair.visit}"}}',
        signature="A" * 86,
        key="0" * 64,
        public_key="pem",
        records="0" * 64,
        count=part,
        last="0" * 64,
        grade="kept",
        reasons=("check_out",),
        sealed_at=NOON + timedelta(minutes=part),
    )


def notes(its: Engine, command: NoteSeal) -> list[str]:
    with its.begin() as connection:
        unit = Unit(connection, "field_visit", "test", "trace")
        handlers.note_seal(command, unit)
        unit.settle()
        return [each.type for each in unit.said]


def test_leaves_have_no_gap_and_the_tree_is_over_all_of_them(its, watch, hearing) -> None:
    pairs = []
    for _ in range(MANY):
        with planned(its, watch) as pair:
            pairs.append(pair)
    together = threading.Barrier(MANY)

    def seals(pair: Pair) -> None:
        together.wait()
        for part in range(1, PARTS + 1):
            assert notes(its, told(pair, part)) == ["field_visit.visit_sealed"]

    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(seals, pairs))

    with its.connect() as connection:
        query = select(seal_table.c.leaf, seal_table.c.head).order_by(seal_table.c.leaf)
        rows = list(connection.execute(query))
        root = merkle.root(SUITE, len(rows), store.reader(connection))
    assert [row.leaf for row in rows] == list(range(MANY * PARTS))
    assert root == naive([row.head for row in rows])


def naive(heads: list[str]) -> bytes:
    """The root by its definition (RFC 6962, 2.1)."""
    if len(heads) == 1:
        return SUITE.digest(b"\x00" + heads[0].encode())
    half = 1
    while half * 2 < len(heads):
        half *= 2
    return SUITE.digest(b"\x01" + naive(heads[:half]) + naive(heads[half:]))


def test_of_two_seals_of_one_part_at_once_one_counts(its, watch, hearing) -> None:
    with planned(its, watch) as pair, ThreadPoolExecutor(2) as pool:
        for part in range(1, PARTS + 1):
            together = threading.Barrier(2)

            def seal(command: NoteSeal, together=together) -> list[str]:
                together.wait()
                return notes(its, command)

            said = list(pool.map(seal, [told(pair, part), told(pair, part)]))
            assert sorted(said) == [[], ["field_visit.visit_sealed"]]

    with its.connect() as connection:
        query = select(seal_table.c.part, seal_table.c.leaf).order_by(seal_table.c.part)
        rows = list(connection.execute(query))
    assert [row.part for row in rows] == list(range(1, PARTS + 1))
    assert [row.leaf for row in rows] == list(range(PARTS))
