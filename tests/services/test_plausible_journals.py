"""Tracks that phones wrote into their journals: honest ones, lying ones, late ones; and
positions that are let go while the chain still holds.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import func, select, text

from bench.tracks.planted import bare_of_noise, later
from bench.tracks.world import Metres, Place, Receiver, Step, changed, visit
from chassis import tables
from chassis.errors import NotFound
from chassis.shredding import Reason, shred
from proto import ids
from proto.base import Role
from proto.facts import AtTheGate, Entered, Knocked, PositionNoted, ShiftEnded
from proto.field_visit import Ending, LookAround, RecordJournal, ShowJournal, VisitState
from proto.journal import GENESIS, Entry
from proto.places import Position
from proto.plausibility import LetPositionsGo, Signal
from services.field_visit import handlers, store
from services.field_visit.jobs import scoring
from services.field_visit.model import SCORE, SEALED, ahead_table, journal_table
from services.field_visit.model.plausibility import Fix, Track
from services.field_visit.model.plausibility.ground import metres_apart
from services.field_visit.store import forgetting
from tests.acting import DOOR, Phone
from tests.services.conftest import NOON
from tests.services.looking import Looked, move, signals

HERE = DOOR["latitude"], DOOR["longitude"]
#: DOORSTEP_POSITION_DAYS, as it comes.
DAYS = 90


def beside(rng: Random) -> Place:
    """The street before the door; the bank's point lies some metres off, as they do."""
    place = Place(rng)
    place.origin, place.registered = (HERE[0] + 8e-5, HERE[1] + 6e-5), (0.0, 0.0)
    return place


def walked(rng: Random, steps: list[Step] | None = None) -> Track:
    track = Receiver(rng, beside(rng)).track(steps or visit(rng, 500, 900))
    return Track(track.fixes, HERE)


def a_step_apart(rng: Random, steps: list[Step]) -> list[Step]:
    return [(at, (x + rng.gauss(1.5, 1), y + rng.gauss(1.5, 1))) for at, (x, y) in steps]


def position(fix: Fix) -> Position:
    return Position(latitude=fix.here[0], longitude=fix.here[1], accuracy_m=fix.accuracy_m)


def noted(fix: Fix) -> PositionNoted:
    return PositionNoted(
        position=position(fix),
        provider=fix.provider and fix.provider.value,
        mocked=fix.mock,
        satellites=fix.satellites,
        speed_m_s=fix.speed_mps,
    )


class Walking(Looked):
    """A pair whose phones write down where they are: the way as of no visit."""

    def walk(self, *tracks: Track, sends=True, leaves=True) -> list[Entry]:
        """Come, check in at the door, stay, send what the phones wrote, and leave."""
        began = self.watch.now
        written: list[tuple[Phone, list[Entry]]] = []
        ends = began
        for phone, track in zip((self.a, self.b), tracks, strict=False):
            moved = [replace(f, at=began + (f.at - NOON)) for f in track.fixes]
            came = next(f for f in moved if metres_apart(f.here, HERE) < 40)
            self.watch.now = max(began, came.at - timedelta(seconds=1))
            self.check_in(phone, at=position(came))
            written.append((phone, self.writes(phone, moved, came.at)))
            ends = max(ends, moved[-1].at)
        self.watch.now = ends + timedelta(minutes=1)
        if sends:
            for phone, entries in written:
                self.sends(phone, entries)
        if leaves:
            self.check_out(Ending.TALKED)
        return written[0][1]

    def writes(self, phone: Phone, fixes: list[Fix], came_at) -> list[Entry]:
        entries = []
        for fix in fixes:
            visit_id = self.visit if fix.at >= came_at else None
            entries.append(self.entry(phone, fix.at, noted(fix), visit_id, fix))
        return entries

    def entry(self, phone, at, fact, visit_id, fix=None) -> Entry:
        phone.seq += 1
        counted = fix.monotonic_s if fix else None
        entry = Entry(
            seq=phone.seq,
            visit_id=visit_id,
            at=at,
            prev=phone.link,
            boot_id=fix.boot_id if fix else None,
            elapsed_ms=None if counted is None else round(counted * 1000),
            fact=fact,
        )
        phone.link = entry.link()
        return entry

    def sends(self, phone: Phone, entries: list[Entry], most=150):
        for first in range(0, len(entries), most):
            journal = phone.signed(entries[first : first + most])
            command = RecordJournal(visit_id=self.visit, journal=journal)
            received = self.does(handlers.record_journal, command, phone)
        return received

    def looks_asked_for(self) -> int:
        table = tables.job.c
        mine = table.kind == SCORE, table.subject == str(self.case)
        query = select(func.count()).select_from(tables.job).where(*mine)
        return self.hears.connection.scalar(query)

    def found(self, phone=None) -> list[Signal]:
        return signals(self.shown())[(phone or self.a).person_id]

    def kept(self, phone=None) -> list:
        """The rows of a phone's journal, in its order."""
        its = journal_table.c
        mine = select(journal_table).where(its.device_id == (phone or self.a).device_id)
        return list(self.hears.connection.execute(mine.order_by(its.seq)))

    def positions_kept(self, phone=None) -> int:
        return sum(SEALED in row.fact for row in self.kept(phone))


@pytest.fixture
def pair(unit, watch) -> Walking:
    return Walking(unit, watch)


@pytest.mark.parametrize("seed", range(6))
def test_honest_journals_come_to_nothing(pair, seed) -> None:
    rng = Random(seed)
    steps = visit(rng, 500, 900)
    pair.walk(walked(rng, steps), walked(rng, a_step_apart(rng, steps)))
    found = pair.is_looked_at()

    assert [(each.combined, each.refused) for each in found.scored] == [(0.0, 0)] * 2
    assert all(each.fixes >= len(steps) - 1 for each in found.scored)
    assert set(pair.found()) <= {Signal.DATUM_HINT}  # a way may pass there; counts nothing


def mocked(rng: Random) -> Track:
    return changed(walked(rng), lambda n, fix: replace(fix, mock=n % 3 == 0))


def frozen(rng: Random) -> Track:
    one = walked(rng).fixes[-12]
    one = replace(one, here=(HERE[0] + 2e-4, HERE[1]), at=NOON)
    return Track(tuple(later(one, NOON, 10.0 * n) for n in range(120)), HERE)


def drawn(rng: Random) -> Track:
    start: Metres = (400.0, 300.0)
    steps = [
        (10.0 * n, (start[0] * (1 - n / 80), start[1] * (1 - n / 80))) for n in range(79)
    ]
    return Track(bare_of_noise(rng, beside(rng), steps, 0.01).fixes, HERE)


LIES = {
    Signal.MOCK_FLAG: mocked,
    Signal.FROZEN_FIX: frozen,
    Signal.ZERO_VARIANCE: drawn,
}


@pytest.mark.parametrize("signal", LIES)
def test_what_a_lying_phone_wrote_is_found_and_nobody_else_is(pair, signal) -> None:
    pair.walk(LIES[signal](Random(7)))
    found = pair.is_looked_at()

    (mine,) = found.scored
    assert mine.combined >= 0.5
    assert signal in pair.found()


def test_a_way_that_was_played_once_more_is_found(pair, unit, watch) -> None:
    track = walked(Random(11))
    pair.walk(track)
    assert pair.is_looked_at().scored[0].found == ()
    watch.now = NOON + timedelta(hours=3)
    again = Walking(unit, watch)
    move(again, pair.a)

    again.walk(track)

    (mine,) = again.is_looked_at().scored
    assert Signal.REPLAYED_TRACK in again.found(pair.a)
    assert mine.combined >= 0.5


def test_the_same_way_on_the_next_visit_is_no_replay_of_itself(pair, unit, watch) -> None:
    """What a phone noted between two visits is compared with neither."""
    pair.walk(walked(Random(3)))
    again = Walking(unit, watch)
    move(again, pair.a)

    again.walk(walked(Random(4)))

    found = {f.signal for each in again.is_looked_at().scored for f in each.found}
    assert Signal.REPLAYED_TRACK not in found


def test_the_position_at_a_gate_is_looked_at_too(pair) -> None:
    pair.visits()
    away = Position(latitude=31.27, longitude=121.52, accuracy_m=9)
    pair.watch.goes(seconds=90)
    gate = pair.entry(
        pair.a, pair.watch.now, AtTheGate(admitted=False, position=away), pair.visit
    )
    pair.sends(pair.a, [gate])
    pair.leaves()
    pair.is_looked_at()

    assert sorted(pair.found()) == [Signal.IMPOSSIBLE_SPEED, Signal.PAIR_MISMATCH]


def test_whoever_waited_for_the_partner_is_not_apart_from_them(pair) -> None:
    """A phone at the door, and the other one still on its way: nobody is elsewhere."""
    rng = Random(5)
    early = walked(rng, [(10.0 * n, (2.0, 3.0)) for n in range(180)])
    way: list[Step] = [(10.0 * n, (0.0, 1500.0 - 15.0 * n)) for n in range(100)]
    stay: list[Step] = [(1000.0 + 10.0 * n, (1.0, 2.0)) for n in range(80)]
    pair.walk(early, walked(rng, way + stay))
    pair.is_looked_at()

    assert Signal.PAIR_MISMATCH not in pair.found() + pair.found(pair.b)


def test_positions_of_a_shift_that_has_ended_are_not_looked_at(pair) -> None:
    pair.visits()
    ended = pair.entry(pair.a, pair.watch.now, ShiftEnded(), None)
    away = PositionNoted(
        position=Position(latitude=31.27, longitude=121.52, accuracy_m=9), mocked=True
    )
    pair.watch.goes(minutes=1)
    secret = pair.entry(pair.a, pair.watch.now, away, pair.visit)
    pair.sends(pair.a, [ended, secret])
    pair.leaves()

    assert all(each.fixes == 1 and not each.found for each in pair.looks().scored)


def test_positions_that_come_after_the_visit_have_it_looked_at_again_once(pair) -> None:
    track = mocked(Random(7))
    late = pair.walk(track, sends=False)
    assert pair.looks_asked_for() == 1
    pair.is_looked_at()
    assert pair.found() == []

    pair.sends(pair.a, late, most=200)
    pair.watch.goes(seconds=5)
    batches = -(-len(late) // 200)

    assert pair.looks_asked_for() == 1 + batches
    pair.is_looked_at()
    assert pair.found() == [Signal.MOCK_FLAG]
    pair.sends(pair.a, late, most=200)
    assert pair.looks_asked_for() == 1 + batches  # sent again, nothing is new


def test_what_says_no_place_has_no_visit_looked_at_again(pair) -> None:
    pair.visits()
    pair.leaves()
    pair.sends(pair.a, [pair.entry(pair.a, pair.watch.now, Knocked(times=1), pair.visit)])

    assert pair.looks_asked_for() == 1


def test_a_visit_that_nobody_checked_out_of_is_looked_at(pair) -> None:
    pair.walk(mocked(Random(7)), leaves=False)
    pair.watch.goes(hours=20)

    pair.does(handlers.look_around, LookAround())

    assert store.any_visit(pair.hears.connection, pair.visit).state is VisitState.CLOSED
    assert pair.looks_asked_for() == 1
    pair.is_looked_at()
    assert pair.found() == [Signal.MOCK_FLAG]


def test_what_was_shredded_is_looked_at_no_more(pair) -> None:
    pair.walk(mocked(Random(7)))
    shred(pair.hears.connection, pair.case, "test", Reason.ASKED)

    assert scoring.scored(pair.visit, pair.hears.connection) is None


def test_each_sees_their_own_and_another_agency_nothing(pair) -> None:
    pair.walk(mocked(Random(7)), walked(Random(8)))
    pair.is_looked_at()

    mine = pair.shown(Role.FIELD_COLLECTOR, pair.a)
    assert signals(mine) == {pair.a.person_id: [Signal.MOCK_FLAG]}
    assert list(signals(pair.shown(Role.FIELD_COLLECTOR, pair.b))) == [pair.b.person_id]
    assert signals(pair.shown(Role.SUPERVISOR)) == signals(pair.shown())
    with pytest.raises(NotFound):
        pair.shown(Role.SUPERVISOR, agency=ids.new())


def lets_go(pair: Walking, days: float = DAYS + 1) -> None:
    pair.watch.goes(days=days)
    pair.does(handlers.let_positions_go, LetPositionsGo())


def page(pair: Walking, after: int = 0):
    unit = pair.open("field_visit", Role.COMPLIANCE)
    return handlers.show_journal(
        ShowJournal(visit_id=pair.visit, after=after, limit=7), unit
    )


def pages(pair: Walking) -> list:
    found, after = [], 0
    while after is not None:
        shown = page(pair, after)
        found += shown.entries
        after = shown.next
    return found


def test_positions_of_journals_go_and_the_chain_still_holds(pair) -> None:
    sent = pair.walk(walked(Random(2)))
    before, rows = pages(pair), pair.kept()
    assert pair.positions_kept() == len(sent)

    lets_go(pair, DAYS - 1)
    assert pair.positions_kept() == len(sent)
    lets_go(pair, 2)

    kept = pair.kept()
    assert pair.positions_kept() == 0
    assert [row.fact for row in kept[1:]] == [{"kind": "position"}] * len(sent)
    assert [(row.prev, row.link, row.kind) for row in kept] == [
        (row.prev, row.link, row.kind) for row in rows
    ]
    links = [GENESIS, *(row.link for row in kept)]
    assert [row.prev for row in kept] == links[:-1]
    assert links[2:] == [entry.link() for entry in sent]
    assert pages(pair) == before


def test_an_entry_whose_position_is_gone_is_still_known(pair) -> None:
    sent = pair.walk(walked(Random(2)))
    lets_go(pair)

    again = pair.sends(pair.a, sent[:20])

    assert (again.new, again.problems, again.through) == (0, (), sent[-1].seq)
    assert pair.positions_kept() == 0


def test_nothing_of_a_position_is_left_where_it_had_waited(pair) -> None:
    sent = pair.walk(walked(Random(2)), sends=False, leaves=False)
    pair.sends(pair.a, sent[5:])
    pair.sends(pair.a, sent[:5])
    assert pair.positions_kept() == len(sent)

    lets_go(pair)

    mine = ahead_table.c.device_id == pair.a.device_id
    left = select(func.count()).select_from(ahead_table).where(mine)
    assert (pair.positions_kept(), pair.hears.connection.scalar(left)) == (0, 0)


def test_what_is_evidence_in_a_journal_stays_and_says_why(pair) -> None:
    """What was noted of no visit is no evidence of one, and goes."""
    sent = pair.walk(walked(Random(2)))
    pair.sends(pair.a, [pair.entry(pair.a, pair.watch.now, Entered(), pair.visit)])

    lets_go(pair)
    lets_go(pair, 400)

    kept = [row for row in pair.kept() if SEALED in row.fact]
    of_it = [entry.seq for entry in sent if entry.visit_id]
    assert [row.seq for row in kept] == of_it
    assert {row.evidence for row in kept} == {"not_allowed"}


def test_more_than_one_look_can_hold_goes_in_the_next_at_once(pair, monkeypatch) -> None:
    sent = pair.walk(walked(Random(2)))
    monkeypatch.setattr(store, "MOST_NOTED", 10)
    monkeypatch.setattr(forgetting, "MOST_NOTED", 10)
    table = tables.outbox.c.envelope["type"].astext
    asked = select(func.count()).where(table == "later.field_visit.let_positions_go")

    lets_go(pair)

    assert pair.positions_kept() == len(sent) - 10
    assert pair.hears.connection.scalar(asked) == 1


def test_no_score_or_finding_of_a_journal_has_a_coordinate(pair) -> None:
    pair.walk(mocked(Random(7)))
    found = pair.is_looked_at()

    everything = text(
        "SELECT t::text FROM score t UNION ALL SELECT t::text FROM finding t"
        " UNION ALL SELECT t::text FROM outbox t UNION ALL SELECT t::text FROM job t"
        " UNION ALL SELECT t::text FROM journal t"
    )
    kept = "\n".join(pair.hears.connection.scalars(everything))
    assert "mock_flag" in kept
    for degrees in ("31.23", "121.47"):
        assert degrees not in kept + found.model_dump_json()
