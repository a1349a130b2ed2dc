"""One phone's journal that is sent twice at the same moment, by real transactions."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import Engine, insert, select, text

from chassis.jobs import Job
from chassis.shared import Shared
from chassis.unit import Unit
from proto import badges, ids
from proto.base import Asker, Role
from proto.facts import Objected, PersonMet
from proto.field_visit import Received, RecordJournal
from proto.journal import Journal
from services.field_visit import handlers, store
from services.field_visit.jobs import JOBS
from services.field_visit.jobs.keeping import KEPT
from services.field_visit.model import (
    ahead_table,
    anchor_table,
    head_table,
    journal_table,
)
from tests.services.pairs import Pair
from tests.services.test_at_once import its, planned

__all__ = ["its"]


#: Of what is sent here: the shift that began before is entry 1.
FIRST = 2


def sends(its: Engine, pair: Pair, visit_id, journal: Journal) -> Received:
    """Send a batch in a transaction of its own."""
    person = {"agency_id": pair.agency, "person_id": pair.a.person_id}
    asker = Asker(account_id=ids.new(), role=Role.FIELD_COLLECTOR, **person)
    with its.begin() as connection:
        command = RecordJournal(visit_id=visit_id, journal=journal)
        shared = Shared(connection)
        store.gather(shared, [command])
        unit = Unit(connection, "field_visit", "test", "trace", asker, shared)
        reply = handlers.record_journal(command, unit)
        unit.settle()
        return reply


def another_visit(pair: Pair):
    """A second visit of the same pair, to another case."""
    first = pair.visit
    pair.visit, pair.badge, pair.case = ids.new(), badges.new(), ids.new()
    pair.hears.keep(pair.case_standing())
    handlers.plan(pair.planned(), pair.hears)
    pair.hears.settle()
    second, pair.visit = pair.visit, first
    return second


def test_two_parts_of_a_journal_at_once_in_the_name_of_two_visits_join(
    its, watch, hearing
) -> None:
    """Neither would see that the other's is what it waits for, but for the phone's head."""
    with planned(its, watch) as pair:
        second = another_visit(pair)
        pair.hears.connection.commit()
        for _ in range(10):
            facts = [PersonMet(relation="kin")] * 6
            written = pair.a.writes(pair.visit, watch.now, *facts).entries
            parts = [pair.a.signed(list(part)) for part in (written[:3], written[3:])]
            together = threading.Barrier(2)

            def send(visit_id, part, together=together) -> Received:
                together.wait()
                return sends(its, pair, visit_id, part)

            with ThreadPoolExecutor(2) as pool:
                list(pool.map(send, (pair.visit, second), parts))
        with its.connect() as connection:
            of_mine = journal_table.c.device_id == pair.a.device_id
            kept = select(journal_table.c.seq).where(of_mine)
            seqs = [seq for seq in connection.scalars(kept) if seq >= FIRST]
            waits = select(ahead_table).where(ahead_table.c.joined_at.is_(None))
            mine = head_table.c.id == pair.a.device_id
            head = connection.execute(select(head_table).where(mine)).one()
            assert sorted(seqs) == list(range(FIRST, FIRST + 60))
            assert connection.execute(waits).all() == []
            assert (head.seq, head.ahead) == (FIRST + 59, 0)


def test_the_same_batch_at_once_many_times_counts_once(its, watch, hearing) -> None:
    with planned(its, watch) as pair:
        pair.hears.connection.commit()
        batch = pair.a.writes(pair.visit, watch.now, Objected(by="kin"))
        with ThreadPoolExecutor(4) as pool:
            said = list(pool.map(lambda _: sends(its, pair, pair.visit, batch), range(8)))
        assert sorted(each.new for each in said) == [0] * 7 + [1]
        query = text("SELECT count(*) FROM outbox WHERE envelope->>'type' = :topic")
        with its.connect() as connection:
            told = {"topic": "field_visit.entry_declined"}
            assert connection.scalar(query, told) == 1


def test_anchors_and_what_has_joined_go_after_four_hundred_days(its, watch) -> None:
    """What still waits stays, however old it is."""
    young, old = (watch.now - timedelta(days=days) for days in (399, 401))
    device = ids.new()
    waited = {"device_id": device, "prev": "", "link": "", "entry": {}, "counts": True}
    with its.begin() as connection:
        for number, at in enumerate((young, old)):
            row = {"id": ids.new(), "device_id": device, "at": at}
            connection.execute(insert(anchor_table).values(row))
            for joined in (at, None):
                key = {"id": ids.new(), "seq": number, "at": at, "received_at": at}
                row = waited | key | {"joined_at": joined}
                connection.execute(insert(ahead_table).values(row))
    job = Job(ids.new(), "field_visit", "keep_house", {}, "s", "by", "t", 1)

    removed = JOBS["keep_house"](job, its, lambda: None).removed

    assert {name: removed[name] for name in KEPT} == {"anchor": 1, "journal_ahead": 1}
    with its.connect() as connection:
        waits = select(ahead_table.c.seq).where(ahead_table.c.joined_at.is_(None))
        assert sorted(connection.scalars(waits)) == [0, 1]
