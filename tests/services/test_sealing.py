"""A visit is sealed once it is over, a part at a time, and never rewritten."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from chassis import evidence_keys, media
from chassis.errors import Conflict, Forbidden, NotFound
from chassis.settings import settings
from chassis.shredding import Reason, shred
from evidence.suites import SUITES
from evidence.verifying import Anchors, verify
from proto import ids
from proto.base import Role
from proto.evidence import CorrectVisit, OpenEvidence, ShowDisclosures
from proto.facts import (
    Circumstance,
    ComplaintMade,
    DebtorSigned,
    Knocked,
    MediaNoted,
    PersonMet,
    PositionNoted,
    Recording,
)
from proto.field_visit import Ending, LookAround, RecordJournal
from proto.journal import Entry
from proto.looking import ShowLooks
from proto.plausibility import LetPositionsGo
from services.field_visit import handlers
from services.field_visit.model import disclosure_table, recording_table, seal_table
from tests import acting
from tests.acting import AT_THE_DOOR
from tests.media import photo, sound
from tests.services import sealing
from tests.services.pairs import CONSENT, RECORDING, THE_DEBTOR, Pair
from tests.services.sealing import Worker, bundle, of_kind, records, verified

SEALED = "field_visit.visit_sealed"


@pytest.fixture
def pair(unit, watch, store) -> Pair:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.record(*THE_DEBTOR, PositionNoted(position=AT_THE_DOOR))
    return pair


@pytest.fixture
def worker(pair) -> Worker:
    return Worker(pair)


def both_leave(pair: Pair, ending: Ending = Ending.TALKED) -> None:
    pair.check_out(ending, pair.a)
    pair.check_out(ending, pair.b)


def seals(pair: Pair):
    query = select(seal_table).where(seal_table.c.visit_id == pair.visit)
    return list(pair.hears.connection.execute(query.order_by(seal_table.c.part)))


def lacks(seal) -> list[str]:
    """What a seal says is missing, but that the talk was not recorded: none of it is."""
    return [each for each in seal.reasons if not each.startswith("recording_")]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_visit_that_both_have_left_is_sealed_and_its_bundle_verifies(
    pair, worker, tmp_path
) -> None:
    pair.may_enter(CONSENT)
    both_leave(pair)

    assert worker.looks() == [SEALED]

    (seal,) = seals(pair)
    assert (seal.part, seal.grade, lacks(seal)) == (1, "kept", [])
    verdict = verified(bundle(pair, tmp_path / "b.zip"))
    assert (verdict.grade, verdict.reason) == ("VERIFIED", None)
    kinds = {each["kind"] for each in sealing.records(pair)}
    assert kinds >= {"visit", "phone", "check_in", "entry", "decision", "ending"}
    assert worker.looks() == []


def test_a_visit_where_nobody_was_met_is_proven(unit, watch, store, tmp_path) -> None:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.record(Knocked(times=2))
    both_leave(pair, Ending.NOBODY_HOME)
    Worker(pair).looks()

    (seal,) = seals(pair)
    assert (seal.grade, list(seal.reasons)) == ("proven", [])
    assert verified(bundle(pair, tmp_path / "b.zip")).finding.newest.grade == "proven"


@pytest.mark.parametrize("ending", [Ending.TALKED, Ending.THIRD_PARTY, Ending.DECLINED])
def test_who_says_that_they_spoke_and_notes_nothing_proves_nothing(
    unit, watch, store, ending
) -> None:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.record(Knocked(times=2))
    both_leave(pair, ending)
    Worker(pair).looks()

    (seal,) = seals(pair)
    assert (seal.grade, list(seal.reasons)) == ("kept", ["talk_not_noted"])


def test_a_talk_of_no_time_at_all_proves_nothing(unit, watch, store) -> None:
    """All of it noted at one moment, the end of the recording as well."""
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    finished = Recording(announced=True, running=False, reason="finished")
    for fact in (RECORDING, *THE_DEBTOR, finished):
        pair.record(fact)
    both_leave(pair)
    pair.watch.goes(hours=24)
    Worker(pair).looks()

    (seal,) = seals(pair)
    assert (seal.grade, list(seal.reasons)) == (
        "kept",
        ["recording_open", "recording_short"],
    )


def test_a_visit_of_before_recordings_were_judged_is_not_proven(unit, watch, store) -> None:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    both_leave(pair, Ending.NOBODY_HOME)
    pair.hears.connection.execute(recording_table.delete())
    Worker(pair).looks()

    (seal,) = seals(pair)
    assert (seal.grade, list(seal.reasons)) == ("kept", ["recording_unknown"])


def test_a_talk_that_was_recorded_whole_is_proven(unit, watch, store) -> None:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    began, media_id, data = watch.now + timedelta(seconds=1), ids.new(), sound()
    pair.record(RECORDING, Knocked(times=1), *THE_DEBTOR)
    watch.goes(minutes=2)
    noted = MediaNoted(media_id=media_id, media="audio", sha256=sha256(data))
    pair.record(Recording(announced=True, running=False, reason="finished"), noted)
    its = {"kind": "audio", "media_type": "audio/mp4", "captured_at": began}
    sealing.receives(pair, data, media_id=media_id, **its)
    sealing.inspected(pair, media_id, seconds=130, silent=0.1, clipped=0)
    both_leave(pair)
    Worker(pair).looks()

    (seal,) = seals(pair)
    (covered,) = of_kind(pair, "coverage")
    assert (seal.grade, list(seal.reasons)) == ("proven", []), covered
    assert covered["recorded_s"] == covered["talk_s"] > 100


def test_the_proof_is_that_nothing_in_the_clear_is_personal(pair, worker, tmp_path) -> None:
    pair.record(DebtorSigned(remarks="我的电话13800000000"))
    both_leave(pair)
    worker.looks()

    content = b"".join(lines(pair))
    for personal in ("13800000000", "陈", "31.2304", "121.4737", "我的电话"):
        assert personal.encode() not in content
    shown = "".join(sealing.disclosures(pair, sealing.plan(pair), Role.COMPLIANCE))
    assert "13800000000" in shown
    assert "31.2304" in shown


def lines(pair: Pair) -> list[bytes]:
    store = media.Folder(settings().media)
    found = []
    for part in sealing.plan(pair).parts:
        with store.open(part.records) as file:
            found += list(file)
    return found


def test_while_one_has_not_left_it_waits_until_its_time_is_up(
    pair, worker, tmp_path
) -> None:
    pair.check_out(Ending.TALKED, pair.a)
    assert worker.looks() == []
    with pytest.raises(Conflict) as refused:
        sealing.plan(pair)
    assert refused.value.kind == "not-sealed-yet"
    assert refused.value.values["missing"] == ["check_out"]
    assert refused.value.values["until"].startswith("2026-03-03T12:")

    pair.watch.goes(hours=24)
    assert worker.looks() == [SEALED]

    (seal,) = seals(pair)
    assert (seal.grade, lacks(seal)) == ("kept", ["check_out"])
    (ending,) = of_kind(pair, "ending")
    assert (ending["by"], ending["lacks"]) == ("deadline", ["check_out"])
    assert verified(bundle(pair, tmp_path / "b.zip")).grade == "VERIFIED"


def test_a_file_that_was_noted_is_awaited_and_comes_in_a_further_part(
    pair, worker, tmp_path
) -> None:
    media_id = ids.new()
    pair.record(MediaNoted(media_id=media_id, media="photo", sha256=sha256(photo())))
    both_leave(pair)
    assert worker.looks() == []
    pair.watch.goes(hours=24)
    worker.looks()
    assert lacks(seals(pair)[0]) == ["file_missing"]

    sealing.receives(pair, photo(), media_id=media_id)
    sealing.inspected(pair, media_id, width=640, height=480)
    assert worker.looks() == []  # in a minute, so that more may come with it
    pair.watch.goes(minutes=1)
    assert worker.looks() == [SEALED]

    first, second = seals(pair)
    assert (second.part, lacks(second)) == (2, [])
    assert [each["kind"] for each in records(pair)[first.count :]] == ["file", "ending"]
    verdict = verified(bundle(pair, tmp_path / "b.zip"))
    assert (verdict.grade, verdict.finding.files.there) == ("VERIFIED", 1)


def test_a_file_that_nobody_has_looked_at_is_awaited(pair, worker) -> None:
    media_id = sealing.receives(pair, photo())
    both_leave(pair)
    assert worker.looks() == []
    sealing.inspected(pair, media_id, width=640, height=480)

    assert worker.looks() == [SEALED]
    (file,) = of_kind(pair, "file")
    assert (file["found"]["width"], file["counts"]) == (640, True)


def test_a_journal_with_a_gap_is_awaited(pair, worker) -> None:
    pair.a.writes(pair.visit, pair.watch.now, Knocked(times=2))  # lost on its way
    pair.record(Knocked(times=2))
    both_leave(pair)

    assert worker.looks() == []
    pair.watch.goes(hours=24)
    worker.looks()
    assert lacks(seals(pair)[0]) == ["journal_gap"]


def test_what_comes_late_makes_a_part_and_rewrites_nothing(pair, worker, tmp_path) -> None:
    both_leave(pair)
    worker.looks()
    before = lines(pair)
    pair.record(Knocked(times=2))
    pair.record(Knocked(times=2), phone=pair.b)
    pair.watch.goes(minutes=1)

    assert worker.looks() == [SEALED]

    assert lines(pair)[: len(before)] == before
    more = records(pair)[len(before) :]
    assert [each["kind"] for each in more] == ["entry", "entry"]
    assert {each["body"]["device"] for each in more} == {
        str(pair.a.device_id),
        str(pair.b.device_id),
    }
    verdict = verified(bundle(pair, tmp_path / "b.zip"))
    assert (verdict.grade, verdict.finding.newest.part) == ("VERIFIED", 2)


def test_entries_of_another_visit_between_are_links_and_say_nothing(
    pair, worker, tmp_path
) -> None:
    other = ids.new()
    journal = pair.a.writes(other, pair.watch.now, Knocked(times=2), Knocked(times=2))
    command = RecordJournal(visit_id=pair.visit, journal=journal)
    pair.does(handlers.record_journal, command)
    pair.record(Knocked(times=2))
    both_leave(pair)
    worker.looks()

    assert len(of_kind(pair, "link")) == 2
    assert str(other).encode() not in b"".join(lines(pair))
    verdict = verified(bundle(pair, tmp_path / "b.zip"))
    assert verdict.grade == "VERIFIED"
    assert all(each.signed == each.entries for each in verdict.finding.journals)


def test_a_journal_of_before_there_were_salts_verifies_too(
    unit, watch, store, monkeypatch, tmp_path
) -> None:
    monkeypatch.setattr(acting.Phone, "writes", writes_as_before)
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.record(*THE_DEBTOR, PositionNoted(position=AT_THE_DOOR))
    pair.record(DebtorSigned(remarks="不对"))
    both_leave(pair)
    Worker(pair).looks()

    entries = of_kind(pair, "entry")
    assert all(each["plain"] for each in entries)
    assert "不对".encode() not in b"".join(lines(pair))
    assert verified(bundle(pair, tmp_path / "b.zip")).grade == "VERIFIED"


def writes_as_before(phone, visit_id, at, *facts):
    entries = []
    for number, fact in enumerate(facts):
        phone.seq += 1
        moment = at + timedelta(seconds=number)
        its = {"seq": phone.seq, "visit_id": visit_id, "at": moment, "prev": phone.link}
        entry = Entry(**its, fact=fact)
        phone.link = entry.link()
        entries.append(entry)
    return phone.signed(entries)


@pytest.mark.parametrize(
    "role", [Role.FIELD_COLLECTOR, Role.SUPERVISOR, Role.BANK_OFFICER, Role.COMPLIANCE]
)
def test_a_correction_stands_in_the_next_part_sealed(pair, worker, role, tmp_path) -> None:
    both_leave(pair)
    worker.looks()

    corrects(pair, "单元号应为三单元", role)
    assert pair.said == ["field_visit.visit_corrected"]
    pair.watch.goes(minutes=1)
    worker.looks()

    assert len(seals(pair)) == 2
    assert len(of_kind(pair, "correction")) == 1
    assert "三单元".encode() not in b"".join(lines(pair))
    shown = "".join(sealing.disclosures(pair, sealing.plan(pair), Role.COMPLIANCE))
    assert "三单元" in shown
    assert verified(bundle(pair, tmp_path / "b.zip")).grade == "VERIFIED"


def corrects(pair: Pair, said: str, role: Role, correction_id=None, agency=None) -> None:
    person = pair.a.person_id if role is Role.FIELD_COLLECTOR else None
    unit = pair.open("field_visit", role, agency or pair.agency, person)
    its = correction_id or ids.new()
    command = CorrectVisit(correction_id=its, visit_id=pair.visit, text=said)
    handlers.corrector_of(command, unit)
    handlers.correct_visit(command, unit)
    unit.settle()
    pair.said = [each.type for each in unit.said]


def test_a_correction_is_kept_once_and_is_nobody_elses(pair) -> None:
    its = ids.new()
    corrects(pair, "门牌不对", Role.COMPLIANCE, its)
    corrects(pair, "门牌不对", Role.COMPLIANCE, its)
    assert pair.said == []

    with pytest.raises(Conflict, match="key-known-otherwise"):
        corrects(pair, "门牌不对", Role.SUPERVISOR, its)
    with pytest.raises(NotFound):
        corrects(pair, "门牌不对", Role.SUPERVISOR, agency=ids.new())
    with pytest.raises(Forbidden, match="role-may-not"):
        corrects(pair, "门牌不对", Role.PHONE_COLLECTOR)


def test_a_supervisor_is_not_shown_what_the_bank_alone_may_know(
    pair, worker, tmp_path
) -> None:
    pair.record(ComplaintMade(), Circumstance(hardship="illness"))
    both_leave(pair)
    worker.looks()

    content = b"".join(lines(pair))
    assert b"complaint" not in content
    assert b"circumstance" not in content
    whole = "".join(sealing.disclosures(pair, sealing.plan(pair), Role.COMPLIANCE))
    assert "complaint" in whole
    assert "illness" in whole
    theirs = sealing.plan(pair, Role.SUPERVISOR)
    shown = "".join(sealing.disclosures(pair, theirs, Role.SUPERVISOR))
    assert "complaint" not in shown
    assert "illness" not in shown
    assert "debtor_name" in shown
    hidden = set(sealing.plan(pair).disclosures) - set(theirs.disclosures)
    unit = pair.open("field_visit", Role.SUPERVISOR, pair.agency)
    for each in hidden:
        command = ShowDisclosures(visit_id=pair.visit, disclosure_id=each)
        with pytest.raises(NotFound):
            handlers.show_disclosures(command, unit)
    assert verified(bundle(pair, tmp_path / "b.zip", Role.SUPERVISOR)).grade == "VERIFIED"


def test_where_a_child_was_met_only_the_bank_has_the_evidence(pair, worker) -> None:
    pair.record(PersonMet(relation="kin", capable=False))
    both_leave(pair)
    worker.looks()

    assert sealing.plan(pair, Role.BANK_OFFICER).parts
    with pytest.raises(Forbidden, match="evidence-for-the-bank"):
        sealing.plan(pair, Role.SUPERVISOR)


def test_another_agency_does_not_even_know(pair, worker) -> None:
    both_leave(pair)
    worker.looks()
    unit = pair.open("field_visit", Role.SUPERVISOR, ids.new())

    with pytest.raises(NotFound):
        handlers.open_evidence(OpenEvidence(visit_id=pair.visit, reason="audit"), unit)


def test_who_was_given_it_is_kept_with_the_reason(pair, worker) -> None:
    both_leave(pair)
    worker.looks()
    sealing.plan(pair, Role.SUPERVISOR, reason="supervision")

    unit = pair.open("field_visit", Role.COMPLIANCE)
    (look,) = handlers.show_looks(ShowLooks(visit_id=pair.visit), unit).looks
    assert (look.what, look.role, look.reason) == ("bundle", "supervisor", "supervision")


def test_a_visit_that_goes_on_has_no_evidence(pair) -> None:
    with pytest.raises(Conflict, match="visit-not-over"):
        sealing.plan(pair)


def test_a_shredded_case_leaves_a_bundle_that_verifies_and_says_so(
    pair, worker, tmp_path
) -> None:
    pair.record(DebtorSigned(remarks="不对"))
    both_leave(pair)
    worker.looks()
    shred(pair.hears.connection, pair.case, "desk:test", Reason.ASKED)

    worker.day_ends()
    pair.watch.goes(minutes=1)
    assert worker.looks() == [SEALED]

    (erased,) = of_kind(pair, "erased")
    assert (erased["what"], erased["by"]) == ("case", "desk:test")
    assert erased["why"] == "person-asked"
    assert sealing.plan(pair).disclosures == ()
    verdict = verified(bundle(pair, tmp_path / "b.zip"))
    assert (verdict.grade, dict(verdict.finding.shown)) == ("VERIFIED", {})
    worker.day_ends()
    pair.watch.goes(minutes=1)
    assert worker.looks() == []


def test_a_case_that_was_shredded_before_is_sealed_without_what_is_gone(
    pair, worker, tmp_path
) -> None:
    both_leave(pair)
    shred(pair.hears.connection, pair.case, "desk:test", Reason.ORDERED)
    worker.looks()

    assert sealing.plan(pair).disclosures == ()
    assert len(of_kind(pair, "erased")) == 1
    assert verified(bundle(pair, tmp_path / "b.zip")).grade == "VERIFIED"


def test_positions_go_with_the_others_and_a_part_says_so(pair, worker, tmp_path) -> None:
    both_leave(pair)
    worker.looks()
    shown = "".join(sealing.disclosures(pair, sealing.plan(pair), Role.COMPLIANCE))
    assert shown.count("31.2304") >= 3  # the door, where both checked in, what was noted

    lets_go(pair, days=91)
    pair.watch.goes(minutes=1)
    worker.looks()

    shown = "".join(sealing.disclosures(pair, sealing.plan(pair), Role.COMPLIANCE))
    assert shown.count("31.2304") == 1
    (erased,) = of_kind(pair, "erased")
    assert (erased["what"], erased["why"]) == ("positions", "term-over")
    assert verified(bundle(pair, tmp_path / "b.zip")).grade == "VERIFIED"


def lets_go(pair: Pair, days: int) -> None:
    pair.watch.goes(days=days)
    unit = pair.open("field_visit")
    handlers.let_positions_go(LetPositionsGo(), unit)
    unit.settle()


def test_positions_that_are_evidence_stay(pair, worker) -> None:
    pair.may_enter()  # which is not allowed
    both_leave(pair)
    worker.looks()
    before = sealing.plan(pair).disclosures
    lets_go(pair, days=91)
    pair.watch.goes(minutes=1)

    assert worker.looks() == []
    assert sealing.plan(pair).disclosures == before


def test_a_worker_that_was_killed_is_followed_by_one_that_seals_once(
    pair, worker, tmp_path
) -> None:
    both_leave(pair)
    look_only(pair)
    (row,) = worker.waiting()
    lost = worker.work(row, claim=1)  # nobody hears of it
    told = worker.work(row, claim=2)
    worker.tells(row.kind, told)

    assert (lost.part, told.part, len(seals(pair))) == (1, 1, 1)
    assert put_aside(pair) == {told.seal_id}
    assert verified(bundle(pair, tmp_path / "b.zip")).grade == "VERIFIED"


def look_only(pair: Pair) -> None:
    pair.watch.goes(seconds=1)
    unit = pair.open("field_visit")
    handlers.look_around(LookAround(), unit)
    unit.settle()


def put_aside(pair: Pair) -> set:
    query = select(disclosure_table.c.seal_id)
    mine = query.where(disclosure_table.c.visit_id == pair.visit)
    return set(pair.hears.connection.scalars(mine))


def test_two_workers_at_once_make_one_part_and_what_is_left_makes_the_next(
    pair, worker, tmp_path
) -> None:
    both_leave(pair)
    look_only(pair)
    (row,) = worker.waiting()
    first = worker.work(row)
    pair.record(Knocked(times=2))
    second = worker.work(row, claim=2)  # has seen more than the first
    assert worker.tells(row.kind, first) == [SEALED]
    assert worker.tells(row.kind, second) == []
    worker.ends(row)

    pair.watch.goes(minutes=1)
    assert worker.looks() == [SEALED]

    assert [each.part for each in seals(pair)] == [1, 2]
    assert verified(bundle(pair, tmp_path / "b.zip")).grade == "VERIFIED"


def test_a_visit_that_nobody_ended_is_sealed_when_its_time_is_up(pair, worker) -> None:
    pair.watch.goes(hours=16, minutes=1)
    worker.looks()  # closes it
    pair.watch.goes(hours=24)
    worker.looks()

    (seal,) = seals(pair)
    assert lacks(seal) == ["check_out"]
    (ending,) = of_kind(pair, "ending")
    assert ending["ending"] == "never_ended"


@pytest.mark.parametrize("suite", ["international", "sm"])
def test_either_suite_verifies_by_its_own_key_alone(
    unit, watch, store, monkeypatch, suite, tmp_path
) -> None:
    monkeypatch.setenv("DOORSTEP_SEAL_SUITE", suite)
    settings.cache_clear()
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    both_leave(pair)
    Worker(pair).looks()

    path = bundle(pair, tmp_path / "b.zip")
    assert verified(path).grade == "VERIFIED"
    other = tmp_path / "other.pem"
    public = SUITES[suite].make_key(other)
    assert verify(path, Anchors(seals=(public,))).grade == "FAILED"


def test_in_production_a_missing_key_is_said_in_one_sentence(environment) -> None:
    production = settings().model_copy(update={"environment": "production"})

    with pytest.raises(evidence_keys.NoKey, match=r"no key at .*seal-signing.pem; "):
        evidence_keys.private(production, evidence_keys.SEAL)


def test_a_key_of_another_suite_is_said_in_one_sentence(environment) -> None:
    evidence_keys.private(settings(), evidence_keys.SEAL)
    other = settings().model_copy(update={"seal_suite": "sm"})

    with pytest.raises(evidence_keys.NoKey, match="no key of the suite 'sm'"):
        evidence_keys.private(other, evidence_keys.SEAL)


def test_the_public_half_lies_beside_for_all_to_read(environment) -> None:
    path = evidence_keys.private(settings(), evidence_keys.SEAL)

    assert path.stat().st_mode & 0o777 == 0o600
    beside = path.with_suffix(".pub")
    assert beside.stat().st_mode & 0o777 == 0o644
    assert beside.read_text() == evidence_keys.public(settings(), path)
