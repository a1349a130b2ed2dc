"""What is recorded of a visit: waited for, judged once it is all there, and shown."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from chassis.errors import NotFound
from proto import ids
from proto.base import Role
from proto.facts import Entered, FilmAgreed, Knocked, Left, MediaNoted, PersonMet, Recording
from proto.field_visit import CheckOut, Ending, LookAround, RecordJournal
from proto.media import Fault, Inspection, MediaKind, NoteInspection, ReceiveMedia
from proto.recording import CoverageShown, JudgeRecording, ShowCoverage
from proto.workforce import DeviceState
from services.field_visit import handlers, store
from services.field_visit.model import amiss_table, recording_table
from services.field_visit.model.coverage import proven, record
from tests.services.pairs import CONSENT, RECORDING, THE_DEBTOR, Pair

SOUND = {"kind": MediaKind.AUDIO, "media_type": "audio/mp4"}
FILM = {"kind": MediaKind.VIDEO, "media_type": "video/mp4"}
FINISHED = Recording(announced=True, running=False, reason="finished")
SUSPECTED = "field_visit.breach_suspected"


class Talking(Pair):
    """A pair that talks for ten minutes, both phones recording."""

    def talks(self, *facts: Any, until: Recording = FINISHED) -> None:
        self.check_in(self.a, self.b)
        self.began = self.watch.now
        self.record(Knocked(times=1), RECORDING, *THE_DEBTOR)
        self.record(RECORDING, phone=self.b)
        for fact in facts:
            self.record(fact)
        self.watch.now = self.began + timedelta(minutes=10)
        self.stops(until)

    def stops(self, how: Recording) -> None:
        for phone in (self.a, self.b):
            self.record(how, phone=phone)

    def made(self, phone=None, seconds: float = 605, **but: Any) -> ReceiveMedia:
        """A file as its phone notes it, of so many seconds from the beginning on."""
        values = SOUND | {
            "media_id": ids.new(),
            "visit_id": self.visit,
            "device_id": (phone or self.a).device_id,
            "sha256": "a" * 64,
            "size": 1234,
            "captured_at": self.began,
            "received_at": self.watch.now + timedelta(minutes=1),
        }
        made = ReceiveMedia(**values | but)
        self.seconds = {**getattr(self, "seconds", {}), made.media_id: seconds}
        noted = MediaNoted(media_id=made.media_id, media=made.kind, sha256=made.sha256)
        self.record(noted, phone=phone)
        return made

    def sends(self, made: ReceiveMedia, phone=None, **found: Any) -> None:
        """It arrives, and a worker looks at it."""
        self.does(handlers.receive_media, made, phone)
        seconds = self.seconds[made.media_id]
        heard = {"sound_s": seconds} if made.kind is MediaKind.VIDEO else {}
        its = Inspection(**{"seconds": seconds, "silent": 0.1} | heard | found)
        told = NoteInspection(media_id=made.media_id, visit_id=self.visit, found=its)
        self.does(handlers.note_inspection, told)

    def is_judged(self) -> list[tuple[str, tuple[str, ...]]]:
        """What is said when its time has come."""
        self.does(handlers.judge_recording, JudgeRecording(visit_id=self.visit))
        return [
            (each.data["act"], tuple(each.data["clauses"]))
            for each in self.events
            if each.type == SUSPECTED
        ]

    def findings(self) -> list[tuple[str, UUID | None, bool]]:
        its = amiss_table.c
        query = select(its.kind, its.media_id, its.superseded_at)
        rows = self.hears.connection.execute(
            query.where(its.visit_id == self.visit).order_by(its.begins_at)
        )
        return [(row.kind, row.media_id, row.superseded_at is None) for row in rows]

    def shown(self, role: Role = Role.BANK_OFFICER, agency=None) -> CoverageShown:
        unit = self.open("field_visit", role, agency or self.agency, self.a.person_id)
        return handlers.show_coverage(ShowCoverage(visit_id=self.visit), unit)


GAP = ("check_in", ("21.079", "21.088", "C.52"))
INSIDE = ("enter_premises", ("C.54",))


@pytest.fixture
def pair(unit, watch) -> Talking:
    return Talking(unit, watch, writes=False)


def test_a_visit_of_which_all_is_recorded_is_judged_and_nobody_is_marked(pair) -> None:
    pair.talks()
    one, other = pair.made(), pair.made(pair.b)
    pair.check_out()
    for made, phone in ((one, pair.a), (other, pair.b)):
        pair.sends(made, phone)

    assert (pair.is_judged(), pair.findings()) == ([], [])

    shown = pair.shown()
    assert (shown.not_proven, shown.gaps, shown.percent) == ((), (), 95)
    assert shown.judged_at == pair.watch.now
    assert shown.share == pytest.approx(1, abs=0.01)
    assert {each.device_id for each in shown.segments} == {
        pair.a.device_id,
        pair.b.device_id,
    }


def test_what_is_on_its_way_is_waited_for_a_day_and_no_longer(pair) -> None:
    """C.53: then what has not come is not there."""
    pair.talks()
    pair.made(), pair.made(pair.b)
    pair.check_out()

    assert (pair.is_judged(), pair.shown().judged_at) == ([], None)
    pair.watch.goes(hours=23)
    assert pair.is_judged() == []
    pair.watch.goes(hours=1)
    assert pair.is_judged() == [GAP]
    assert pair.is_judged() == [], "and it is said once"
    assert pair.findings() == [("gap", None, True)]
    assert pair.shown().not_proven == ("recording_short", "recording_gap")


def test_the_day_is_an_order_that_the_visit_gives_itself(pair) -> None:
    pair.talks()
    unit = pair.open("field_visit", Role.FIELD_COLLECTOR, pair.agency, pair.a.person_id)
    command = {"visit_id": pair.visit, "ending": Ending.TALKED}
    handlers.check_out(CheckOut(**command), unit)

    orders = [
        (row["envelope"].data, row["due_at"] - unit.now)
        for row in unit.outgoing
        if row["envelope"].type == "later.field_visit.judge_recording"
    ]
    its = {"visit_id": str(pair.visit)}
    assert sorted(after for _, after in orders) == [timedelta(0), timedelta(hours=24)]
    assert [told for told, _ in orders] == [its, its]
    unit.settle()


def test_a_file_that_comes_after_all_takes_the_finding_back(pair) -> None:
    pair.talks()
    late, _ = pair.made(), pair.made(pair.b)
    pair.check_out()
    pair.watch.goes(hours=24)
    assert pair.is_judged() == [GAP]

    pair.sends(late)

    assert pair.is_judged() == []
    assert pair.findings() == [("gap", None, False)]
    assert pair.shown().not_proven == ()


def test_a_part_of_a_gap_that_is_left_is_no_news(pair) -> None:
    pair.talks()
    late, _ = pair.made(seconds=300), pair.made(pair.b)
    pair.check_out()
    pair.watch.goes(hours=24)
    assert pair.is_judged() == [GAP]

    pair.sends(late)

    assert pair.is_judged() == []
    assert sorted(now for *_, now in pair.findings()) == [False, True]


@pytest.mark.parametrize("fault", [Fault.NO_SOUND, Fault.UNREADABLE])
def test_a_file_that_says_nothing_covers_nothing(pair, fault) -> None:
    pair.talks()
    one, other = pair.made(), pair.made(pair.b)
    pair.check_out()
    pair.sends(one, fault=fault)
    pair.sends(other, pair.b, fault=fault)

    assert pair.is_judged() == [GAP]
    why = [(each.media_id, each.why) for each in pair.shown().left_out]
    assert sorted(why) == sorted((m.media_id, fault.value) for m in (one, other))


def test_a_battery_that_died_is_declared_and_no_finding(pair) -> None:
    """The rest of the talk is not recorded all the same, and so not proven."""
    pair.check_in(pair.a, pair.b)
    pair.began = pair.watch.now
    pair.record(Knocked(times=1), RECORDING, *THE_DEBTOR)
    pair.record(RECORDING, phone=pair.b)
    pair.watch.goes(minutes=5)
    pair.stops(Recording(announced=True, running=False, reason="battery"))
    pair.watch.goes(minutes=5)
    pair.record(PersonMet(relation="debtor"))
    one, other = pair.made(seconds=300), pair.made(pair.b, seconds=300)
    pair.check_out()
    pair.sends(one)
    pair.sends(other, pair.b)

    assert (pair.is_judged(), pair.findings()) == ([], [])
    shown = pair.shown()
    assert [gap.reason for gap in shown.gaps] == ["battery"]
    assert shown.not_proven == ("recording_short",)


def test_who_does_not_want_to_be_recorded_leaves_no_mark_on_anybody(pair) -> None:
    """S11: the talk is over with it, and what was said before is recorded."""
    pair.check_in(pair.a, pair.b)
    pair.began = pair.watch.now
    pair.record(Knocked(times=1), RECORDING, *THE_DEBTOR)
    pair.record(RECORDING, phone=pair.b)
    pair.watch.goes(minutes=1)
    pair.stops(Recording(announced=True, running=False, reason="objected"))
    one, other = pair.made(seconds=60), pair.made(pair.b, seconds=60)
    pair.check_out(Ending.DECLINED)
    pair.sends(one)
    pair.sends(other, pair.b)

    assert (pair.is_judged(), pair.findings()) == ([], [])
    assert pair.shown().not_proven == ()


def test_a_journal_that_comes_late_may_explain_it(pair) -> None:
    pair.check_in(pair.a, pair.b)
    pair.began = pair.watch.now
    pair.record(Knocked(times=1), RECORDING, *THE_DEBTOR)
    pair.record(RECORDING, phone=pair.b)
    pair.watch.goes(minutes=5)
    one, other = pair.made(seconds=60), pair.made(pair.b, seconds=60)
    pair.check_out()
    pair.sends(one)
    pair.sends(other, pair.b)
    assert pair.is_judged() == [], "no recorder has said that it stopped"
    pair.watch.goes(hours=24)
    assert pair.is_judged() == [GAP]

    died = Recording(announced=True, running=False, reason="battery")
    for phone in (pair.a, pair.b):
        journal = phone.writes(pair.visit, pair.began + timedelta(minutes=1), died)
        late = RecordJournal(visit_id=pair.visit, journal=journal)
        pair.does(handlers.record_journal, late, phone)

    assert (pair.is_judged(), pair.findings()) == ([], [("gap", None, False)])
    assert [gap.reason for gap in pair.shown().gaps] == ["battery"]


def test_of_a_visit_where_nobody_opened_nothing_is_asked(pair) -> None:
    pair.check_in(pair.a, pair.b)
    pair.record(Knocked(times=2))
    pair.watch.goes(minutes=4)
    pair.check_out(Ending.NOBODY_HOME)
    pair.watch.goes(hours=24)

    assert (pair.is_judged(), pair.shown().not_proven) == ([], ())
    assert (pair.shown().begins_at, pair.shown().share) == (None, None)


def inside(pair, *facts) -> None:
    """They were inside from the second to the eighth minute."""
    pair.check_in(pair.a, pair.b)
    pair.began = pair.watch.now
    pair.record(Knocked(times=1), RECORDING, *THE_DEBTOR, CONSENT, *facts)
    pair.record(RECORDING, phone=pair.b)
    pair.watch.goes(minutes=2)
    pair.record(Entered())
    pair.watch.goes(minutes=6)
    pair.record(Left())
    pair.watch.goes(minutes=2)
    pair.stops(FINISHED)


def all_sent(pair, **film: Any) -> UUID:
    made = pair.made(**FILM, **film)
    sound = pair.made(pair.b)
    pair.check_out()
    pair.sends(made)
    pair.sends(sound, pair.b)
    return made.media_id


def test_film_made_inside_is_kept_and_suspected(pair) -> None:
    inside(pair)
    film = all_sent(pair)

    assert pair.is_judged() == [INSIDE]
    assert pair.findings() == [("film_inside", film, True)]
    (marked,) = pair.shown().filmed_inside
    assert marked.media_id == film
    assert store.media(pair.hears.connection, film) is not None


def test_film_made_inside_with_the_debtor_s_leave_is_film(pair) -> None:
    inside(pair, FilmAgreed(answer="given", by="debtor"))
    all_sent(pair)

    assert (pair.is_judged(), pair.findings()) == ([], [])
    assert pair.shown().filmed_s > 500


def test_film_from_the_shared_side_is_film(pair) -> None:
    inside(pair)
    all_sent(pair, seconds=100)

    assert pair.is_judged() == []


def test_a_lost_phone_s_yes_to_film_helps_nobody(pair) -> None:
    inside(pair)
    said = FilmAgreed(answer="given", by="debtor")
    film = all_sent(pair)
    pair.hear(pair.device_standing(pair.a, 2, state=DeviceState.REVOKED))
    journal = pair.a.writes(pair.visit, pair.began + timedelta(minutes=1), said)
    pair.does(handlers.record_journal, RecordJournal(visit_id=pair.visit, journal=journal))

    assert INSIDE in pair.is_judged()
    assert ("film_inside", film, True) in pair.findings()


def test_whoever_may_see_the_visit_sees_what_is_recorded(pair, unit) -> None:
    pair.talks()
    for role in (Role.FIELD_COLLECTOR, Role.SUPERVISOR, Role.COMPLIANCE):
        assert pair.shown(role).talk_s > 590
    with pytest.raises(NotFound):
        pair.shown(Role.SUPERVISOR, agency=ids.new())
    with pytest.raises(NotFound):
        pair.shown(Role.ADMINISTRATOR)


def test_a_visit_that_goes_on_is_shown_as_far_as_it_is(pair) -> None:
    pair.check_in(pair.a, pair.b)
    pair.record(Knocked(times=1), RECORDING, *THE_DEBTOR)
    pair.watch.goes(minutes=3)

    shown = pair.shown()

    assert (shown.ended_at, shown.judged_at, shown.not_proven) == (None, None, ())
    assert shown.talk_s == pytest.approx(183, abs=3)


def test_of_a_child_s_visit_the_agency_is_told_nothing(pair) -> None:
    """S3: neither from when to when, nor on which phone."""
    pair.talks(PersonMet(relation="child", capable=False))
    pair.check_out()

    told = pair.shown(Role.SUPERVISOR)
    assert told == CoverageShown(visit_id=pair.visit, restricted=True)
    assert (pair.shown().restricted, pair.shown().talk_s > 0) == (True, True)


def test_what_seals_a_visit_gets_it_with_its_reasons(pair) -> None:
    pair.talks()
    connection = pair.hears.connection
    visit = store.shown_visit(connection, pair.open("field_visit").asker, pair.visit)
    assert (
        store.coverage(connection, visit, {pair.a.device_id, pair.b.device_id}) is None
    ), "it goes on"
    pair.check_out()

    found = store.coverage(connection, visit, {pair.a.device_id, pair.b.device_id})

    assert found is not None
    terms = store.recording_terms(visit)
    assert proven(found, terms) == ("recording_short", "recording_gap")
    assert record(found)["recorded_s"] == 0


def test_a_visit_that_nobody_ended_ends_with_its_plan(pair) -> None:
    pair.talks(until=Recording(announced=True, running=False, reason="battery"))
    pair.watch.goes(hours=17)
    pair.does(handlers.look_around, LookAround())

    its = recording_table.c
    ended = pair.hears.connection.scalar(select(its.ended_at).where(its.id == pair.visit))
    assert ended == pair.planned().not_after
