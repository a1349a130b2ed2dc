"""Two phones, one door."""

from contextlib import suppress
from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text

from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from proto import ids
from proto.base import Role
from proto.decision import Act, Outcome
from proto.dispatch import CaseState, VisitPlanned
from proto.facts import (
    ConsentGiven,
    ConsentWithdrawn,
    Entered,
    Identified,
    Left,
    Objected,
    PersonMet,
)
from proto.field_visit import (
    BreachRecorded,
    CheckIn,
    DiscussDebt,
    Ending,
    EnterPremises,
    ListVisits,
    PremisesEntered,
    RecordJournal,
    ShowVisit,
    VisitState,
)
from proto.journal import Entry
from proto.letters import LetterState
from proto.places import Datum, Point, Position
from proto.workforce import AgencyStanding, DeviceState
from services.field_visit import handlers
from services.field_visit.model import decision_table, journal_table
from tests.acting import AT_THE_DOOR, DOOR, DOWN_THE_ROAD, Phone
from tests.chassis.test_geo import shifted
from tests.services.conftest import NOON
from tests.services.pairs import (
    CONSENT,
    INTRODUCED,
    REASON,
    RECORDING,
    THE_DEBTOR,
    Pair,
    judged,
)


@pytest.fixture
def pair(unit, watch) -> Pair:
    return Pair(unit, watch)


@pytest.fixture
def cleared(pair) -> Pair:
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, phone=pair.b)
    return pair


def test_one_collector_alone_waits(pair) -> None:
    clearance = pair.check_in(pair.a)

    assert judged(clearance) == (Outcome.WAIT, ["4.27"])
    assert clearance.ahead == ()
    assert pair.said == []


@pytest.mark.parametrize("phones", [1, 2])
def test_the_pair_may_knock_and_knows_what_each_answer_means(pair, phones) -> None:
    if phones == 2:
        pair.check_in(pair.b)
        clearance = pair.check_in(pair.a)
    else:
        clearance = pair.check_in(pair.a, pair.b)

    assert judged(clearance) == (Outcome.PROCEED, [])
    assert clearance.decision.good_until > clearance.decision.decided_at
    assert {(a.act, a.when): (a.outcome, a.clauses) for a in clearance.ahead} == {
        (Act.DISCUSS_DEBT, "debtor_identified"): (Outcome.PROCEED, ()),
        (Act.DISCUSS_DEBT, "debtor_not_identified"): (
            Outcome.STOP,
            ("4.10", "4.11", "16.10", "16.11"),
        ),
        (Act.DISCUSS_DEBT, "third_party"): (
            Outcome.STOP,
            ("4.17", "13.08", "13.09", "16.08", "21.037"),
        ),
        (Act.ENTER_PREMISES, "debtor_consents_with_reason"): (Outcome.PROCEED, ()),
        (Act.ENTER_PREMISES, "debtor_consents_without_reason"): (Outcome.STOP, ("4.28",)),
        (Act.ENTER_PREMISES, "third_party_invites"): (
            Outcome.STOP,
            ("4.17", "4.29", "13.08", "13.09", "16.08", "21.037", "21.090"),
        ),
        (Act.ENTER_PREMISES, "somebody_objects"): (Outcome.STOP, ("C.06",)),
    }
    assert pair.said == ["field_visit.collectors_arrived"]


def test_asking_again_is_harmless_and_says_nothing_new(cleared) -> None:
    clearance = cleared.check_in(cleared.a, cleared.b)

    assert judged(clearance) == (Outcome.PROCEED, [])
    assert cleared.said == []


def test_a_partner_who_checked_in_too_long_ago_must_say_so_again(pair) -> None:
    pair.check_in(pair.a)
    pair.watch.goes(minutes=4)

    assert judged(pair.check_in(pair.b)) == (Outcome.WAIT, ["C.04"])
    assert judged(pair.check_in(pair.a)) == (Outcome.PROCEED, [])


def test_an_old_presence_never_replaces_a_newer_one(pair) -> None:
    old = pair.a.presence(pair.visit, pair.watch.now, DOWN_THE_ROAD)
    pair.watch.goes(seconds=10)
    pair.check_in(pair.a)
    replayed = CheckIn(visit_id=pair.visit, present=[old])
    pair.does(handlers.check_in, replayed)

    assert judged(pair.check_in(pair.b)) == (Outcome.PROCEED, [])


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_a_phone_of_another_datum_stands_at_the_same_door(pair, datum) -> None:
    there = shifted(Point(**DOOR), datum)
    at = Position(**there.model_dump(), accuracy_m=8)

    assert judged(pair.check_in(pair.a, pair.b, at=at)) == (Outcome.PROCEED, [])


def test_a_pair_down_the_road_is_refused_and_it_is_on_record(pair) -> None:
    clearance = pair.check_in(pair.a, pair.b, at=DOWN_THE_ROAD)

    assert judged(clearance) == (Outcome.STOP, ["C.02"])
    assert pair.said == ["field_visit.check_in_not_allowed"]
    rows = pair.hears.connection.execute(select(decision_table)).all()
    kept = [(row.act, row.outcome, row.clauses) for row in rows]
    assert kept == [("check_in", "stop", ["C.02"])]
    assert [here["distance_m"] for here in rows[0].facts["here"]] == [1108.7, 1108.7]


@pytest.mark.parametrize(
    ("at", "clauses"),
    [
        ("2026-03-02T06:59:58+08:00", ["4.05", "21.084"]),
        ("2026-03-02T07:59:58+08:00", ["4.05"]),
        ("2026-03-02T07:59:59+08:00", []),
        ("2026-03-02T20:29:58+08:00", []),
        ("2026-03-02T20:29:59+08:00", ["4.05"]),
        ("2026-03-02T21:29:58+08:00", ["4.05"]),
        ("2026-03-02T21:29:59+08:00", ["4.05", "21.084"]),
    ],
)
def test_hours_are_judged_to_the_second_with_the_end_of_the_visit(
    pair, at, clauses
) -> None:
    pair.watch.is_set(at)  # the command is carried out one second later

    _, found = judged(pair.check_in(pair.a, pair.b))

    assert found == clauses


def test_the_debtors_wall_clock_counts_not_the_servers(pair, watch) -> None:
    pair.hears.connection.execute(text("UPDATE visit SET zone = 'Asia/Urumqi'"))
    watch.is_set("2026-03-02T09:00:00+08:00")  # seven in the morning in Urumqi

    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["4.05"])


@pytest.mark.parametrize(
    ("standing", "clauses"),
    [
        (lambda p: p.letter_standing(2, state=LetterState.REVOKED), ["4.15", "21.087"]),
        (lambda p: p.letter_standing(2, agency_id=ids.new()), ["4.15", "21.087"]),
        (
            lambda p: p.letter_standing(2, valid_until=NOON.date() - timedelta(days=1)),
            ["4.15", "21.087"],
        ),
        (
            lambda p: p.letter_standing(2, people=(p.a.person_id, ids.new())),
            ["4.15", "21.087"],
        ),
        (lambda p: p.case_standing(2, state=CaseState.RECALLED), ["4.38"]),
        (lambda p: p.case_standing(2, agency_id=ids.new()), ["4.38"]),
        (lambda p: p.person_standing(p.b, 2, certified_until=None), ["21.009"]),
        (lambda p: p.person_standing(p.b, 2, in_service=False), ["C.01"]),
    ],
)
def test_what_changed_this_morning_stops_the_pair(pair, standing, clauses) -> None:
    pair.hear(standing(pair))

    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, clauses)


@pytest.mark.parametrize(
    ("topic", "clauses"),
    [
        ("dispatch.case_standing", ["4.38", "C.17"]),
        ("workforce.agency_standing", ["4.38"]),
        ("letters.authorisation_standing", ["4.15", "21.087"]),
        ("workforce.person_standing", ["21.009", "C.01"]),
    ],
)
def test_what_is_not_known_is_not_allowed(pair, topic, clauses) -> None:
    pair.hears.connection.execute(text("DELETE FROM kept WHERE topic = :t"), {"t": topic})

    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, clauses)


def test_a_presence_signed_by_another_phone_is_not_believed(pair) -> None:
    forged = pair.b.presence(pair.visit, pair.watch.now).model_copy(
        update={"collector_id": pair.a.person_id, "device_id": pair.a.device_id}
    )

    with pytest.raises(Forbidden, match="signature-does-not-fit"):
        pair.does(handlers.check_in, CheckIn(visit_id=pair.visit, present=[forged]))


def test_a_presence_moved_to_the_door_is_not_believed(pair) -> None:
    honest = pair.a.presence(pair.visit, pair.watch.now, DOWN_THE_ROAD)
    moved = honest.model_copy(update={"position": AT_THE_DOOR})

    with pytest.raises(Forbidden, match="signature-does-not-fit"):
        pair.does(handlers.check_in, CheckIn(visit_id=pair.visit, present=[moved]))


def test_a_phone_does_not_lend_itself_to_the_partner(pair) -> None:
    borrowed = Phone(pair.b.person_id, pair.a.device_id, pair.a.private)
    present = [borrowed.presence(pair.visit, pair.watch.now)]

    with pytest.raises(Forbidden, match="device-not-yours"):
        pair.does(handlers.check_in, CheckIn(visit_id=pair.visit, present=present))


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (DeviceState.REVOKED, "device-revoked"),
        (DeviceState.REGISTERED, "device-without-key"),
    ],
)
def test_a_phone_that_is_not_enrolled_cannot_check_in(pair, state, kind) -> None:
    pair.hear(pair.device_standing(pair.a, 2, state=state, public_key=None))

    with pytest.raises(Forbidden, match=kind):
        pair.check_in(pair.a)


def test_a_stranger_learns_nothing(pair) -> None:
    stranger = Phone(ids.new())

    with pytest.raises(NotFound):
        pair.check_in(stranger)
    with pytest.raises(NotFound):
        pair.does(handlers.show_visit, ShowVisit(visit_id=pair.visit), stranger)


def test_a_visit_is_not_begun_outside_its_plan(pair) -> None:
    pair.watch.goes(days=2)

    with pytest.raises(Conflict, match="outside-plan"):
        pair.check_in(pair.a, pair.b)


def test_the_mother_opens_and_invites_them_in(cleared) -> None:
    invited = (
        INTRODUCED,
        PersonMet(relation="parent"),
        ConsentGiven(answer="given", by="parent"),
    )
    clearance = cleared.may_enter(*invited)

    outcome, clauses = judged(clearance)
    assert outcome is Outcome.STOP
    assert {"21.090", "4.29", "4.17", "13.08", "16.11"} <= set(clauses)
    assert cleared.said == ["field_visit.consent_recorded", "field_visit.entry_not_allowed"]
    outcome, clauses = judged(cleared.may_talk())
    assert {"4.17", "13.08", "13.09", "4.11"} <= set(clauses)
    assert cleared.said == ["field_visit.talk_not_allowed"]


def test_the_debtor_is_confirmed_and_spoken_to(cleared) -> None:
    assert judged(cleared.may_talk(*THE_DEBTOR)) == (Outcome.PROCEED, [])


@pytest.mark.parametrize(
    ("facts", "clauses"),
    [
        (THE_DEBTOR[1:], {"4.15", "21.035", "21.087", "13.02", "21.034", "21.082"}),
        (THE_DEBTOR[:2], {"4.10", "4.11", "16.10", "16.11"}),
        (
            (*THE_DEBTOR[:2], Identified(name_said=True, items=("card_tail",))),
            {"4.10", "16.10"},
        ),
        (
            (*THE_DEBTOR[:2], Identified(name_said=True, items=("card_tail", "card_tail"))),
            {"4.10", "16.10"},
        ),
        (
            (*THE_DEBTOR[:2], Identified(name_said=False, items=("card_tail", "address"))),
            {"4.11", "16.11"},
        ),
    ],
    ids=["no introduction", "not identified", "one item", "one item twice", "no name"],
)
def test_not_a_word_of_debt_before_identity_and_introduction(
    cleared, facts, clauses
) -> None:
    outcome, found = judged(cleared.may_talk(*facts))

    assert (outcome, set(found)) == (Outcome.STOP, clauses)


def test_somebody_else_at_the_door_is_not_who_was_identified(cleared) -> None:
    cleared.record(*THE_DEBTOR)
    cleared.record(PersonMet(relation="spouse"))
    outcome, clauses = judged(cleared.may_talk(PersonMet(relation="debtor")))

    assert (outcome, clauses) == (Outcome.STOP, ["4.10", "4.11", "16.10", "16.11"])


def test_entry_without_a_reason_is_refused(cleared) -> None:
    clearance = cleared.may_enter(*THE_DEBTOR, CONSENT, reason=None)

    assert judged(clearance) == (Outcome.STOP, ["4.28"])
    assert cleared.said[-1] == "field_visit.entry_not_allowed"


def test_a_reason_the_bank_does_not_know_is_no_reason(cleared) -> None:
    clearance = cleared.may_enter(*THE_DEBTOR, CONSENT, reason="curiosity")

    assert judged(clearance) == (Outcome.STOP, ["4.28"])


def test_with_all_three_facts_they_may_come_in(cleared) -> None:
    clearance = cleared.may_enter(*THE_DEBTOR, CONSENT)

    assert judged(clearance) == (Outcome.PROCEED, [])
    assert cleared.said == ["field_visit.consent_recorded", "field_visit.entry_allowed"]
    cleared.record(Entered(), Left())
    assert cleared.said == ["field_visit.premises_entered", "field_visit.premises_left"]


@pytest.mark.parametrize(
    ("facts", "clauses"),
    [
        ((CONSENT, *THE_DEBTOR), ["4.29", "21.090"]),
        ((*THE_DEBTOR, CONSENT, ConsentWithdrawn(by="debtor")), ["4.29", "21.090"]),
        ((*THE_DEBTOR, ConsentGiven(answer="refused", by="debtor")), ["4.29", "21.090"]),
        ((*THE_DEBTOR, ConsentGiven(answer="given", by="spouse")), ["4.29", "21.090"]),
        ((*THE_DEBTOR, CONSENT, Objected(by="spouse")), ["C.06"]),
        ((*THE_DEBTOR, Objected(by="spouse"), CONSENT), ["C.06"]),
    ],
    ids=[
        "consent first",
        "withdrawn",
        "refused",
        "spouse's",
        "objection",
        "objection first",
    ],
)
def test_entry_needs_the_debtors_own_consent_and_nobodys_objection(
    cleared, facts, clauses
) -> None:
    assert judged(cleared.may_enter(*facts)) == (Outcome.STOP, clauses)


def test_a_backdated_identification_does_not_heal_an_earlier_consent(cleared) -> None:
    cleared.record(INTRODUCED, PersonMet(relation="debtor"), CONSENT, phone=cleared.b)
    early = cleared.a.writes(cleared.visit, NOON - timedelta(hours=1), THE_DEBTOR[2])
    command = EnterPremises(visit_id=cleared.visit, reason=REASON, journal=early)

    clearance = cleared.does(handlers.enter_premises, command)

    assert judged(clearance) == (Outcome.STOP, ["4.29", "21.090"])


def test_a_consent_dated_before_the_identification_does_not_count(cleared) -> None:
    cleared.record(*THE_DEBTOR)
    early = cleared.b.writes(cleared.visit, NOON - timedelta(hours=1), CONSENT)
    command = RecordJournal(visit_id=cleared.visit, journal=early)
    cleared.does(handlers.record_journal, command, cleared.b)

    assert judged(cleared.may_enter()) == (Outcome.STOP, ["4.29", "21.090"])


def test_going_in_without_asking_is_kept_and_marked(cleared) -> None:
    cleared.record(*THE_DEBTOR, CONSENT, Entered())

    assert cleared.said == [
        "field_visit.consent_recorded",
        "field_visit.premises_entered",
        "field_visit.breach_recorded",
    ]
    breach = BreachRecorded.model_validate(cleared.events[-1].data)
    assert (breach.act, breach.clauses) == (Act.ENTER_PREMISES, ("4.28",))


def test_a_permit_does_not_outlive_an_objection(cleared) -> None:
    cleared.may_enter(*THE_DEBTOR, CONSENT)
    cleared.record(Objected(by="spouse"), Entered())

    assert cleared.said == [
        "field_visit.entry_declined",
        "field_visit.premises_entered",
        "field_visit.breach_recorded",
    ]


def test_a_permit_does_not_cover_what_was_done_before_it(cleared) -> None:
    cleared.record(*THE_DEBTOR, CONSENT)
    cleared.watch.goes(minutes=-4)
    before = cleared.b.writes(cleared.visit, cleared.watch.now, Entered())
    cleared.watch.goes(minutes=4)
    cleared.may_enter()
    command = RecordJournal(visit_id=cleared.visit, journal=before)
    cleared.does(handlers.record_journal, command, cleared.b)

    assert cleared.said == ["field_visit.premises_entered", "field_visit.breach_recorded"]


def test_consent_is_of_who_gave_it_not_of_who_stands_there_later(cleared) -> None:
    cleared.record(*THE_DEBTOR, CONSENT)
    later = (PersonMet(relation="neighbour"), *THE_DEBTOR[1:])

    assert judged(cleared.may_enter(*later)) == (Outcome.STOP, ["4.29", "21.090"])


def test_a_pair_that_may_talk_but_not_come_in_is_not_sent_away(cleared) -> None:
    clearance = cleared.may_enter(*THE_DEBTOR, CONSENT, reason=None)

    assert "outside" in clearance.script["en"]


def test_a_permit_is_not_good_for_ever(cleared) -> None:
    cleared.may_enter(*THE_DEBTOR, CONSENT)
    cleared.watch.goes(minutes=20)
    cleared.record(Entered())

    assert cleared.said == ["field_visit.premises_entered", "field_visit.breach_recorded"]


def test_a_journal_sent_again_changes_nothing(cleared) -> None:
    journal = cleared.journal(*THE_DEBTOR)
    command = RecordJournal(visit_id=cleared.visit, journal=journal)

    assert cleared.does(handlers.record_journal, command).new == 3
    assert cleared.does(handlers.record_journal, command).new == 0
    clearance = cleared.does(
        handlers.discuss_debt, DiscussDebt(visit_id=cleared.visit, journal=journal)
    )
    assert judged(clearance) == (Outcome.PROCEED, [])
    mine = journal_table.c.device_id == cleared.a.device_id
    query = select(journal_table.c.seq).where(mine)
    rows = cleared.hears.connection.execute(query).scalars()
    assert sorted(rows) == [1, 2, 3, 4]  # the first is the beginning of the shift


def test_a_batch_may_overlap_what_is_kept(cleared) -> None:
    first = cleared.journal(*THE_DEBTOR[:2])
    second = cleared.journal(THE_DEBTOR[2])
    whole = cleared.a.signed([*first.entries, *second.entries])
    cleared.does(
        handlers.record_journal, RecordJournal(visit_id=cleared.visit, journal=first)
    )

    received = cleared.does(
        handlers.record_journal, RecordJournal(visit_id=cleared.visit, journal=whole)
    )

    assert (received.through, received.new) == (4, 1)


def test_an_ask_with_a_gap_names_the_entry_that_is_missing(cleared) -> None:
    cleared.journal(INTRODUCED)  # never sent
    with pytest.raises(Conflict) as refusal:
        cleared.may_talk(PersonMet(relation="debtor"))

    assert (refusal.value.kind, refusal.value.values) == (
        "journal-gap",
        {"expected": 2, "got": 3},
    )


def test_no_ask_rests_on_a_history_that_is_told_twice_differently(cleared) -> None:
    cleared.record(INTRODUCED)
    cleared.a.seq, cleared.a.link = 0, "0" * 64

    with pytest.raises(Conflict, match="journal-fork"):
        cleared.may_talk(PersonMet(relation="debtor"))


def test_no_ask_rests_on_entries_that_do_not_follow_each_other(cleared) -> None:
    one, _, three = cleared.journal(*THE_DEBTOR).entries
    journal = cleared.a.signed([one, three])

    with pytest.raises(Invalid) as refusal:
        cleared.does(
            handlers.discuss_debt, DiscussDebt(visit_id=cleared.visit, journal=journal)
        )

    assert [d.pointer for d in refusal.value.details] == ["/journal/entries/1"]


def test_no_ask_rests_on_a_changed_entry(cleared) -> None:
    journal = cleared.journal(PersonMet(relation="parent"))
    lie = journal.entries[0].model_copy(update={"fact": PersonMet(relation="debtor")})
    forged = journal.model_copy(update={"entries": (lie,)})

    with pytest.raises(Forbidden, match="signature-does-not-fit"):
        cleared.does(
            handlers.discuss_debt, DiscussDebt(visit_id=cleared.visit, journal=forged)
        )


def test_nothing_is_asked_before_the_pair_is_cleared(pair) -> None:
    pair.check_in(pair.a)

    with pytest.raises(Conflict, match="not-checked-in"):
        pair.may_talk(*THE_DEBTOR)


def test_the_visit_ends_once_and_stays_ended(cleared) -> None:
    cleared.check_out()
    assert cleared.said == ["field_visit.collectors_left"]
    cleared.check_out(phone=cleared.b)
    assert cleared.said == []
    with pytest.raises(Conflict, match="visit-closed"):
        cleared.check_out(Ending.DECLINED)
    with pytest.raises(Conflict, match="visit-closed"):
        cleared.may_talk(*THE_DEBTOR)


def test_a_fact_that_arrives_after_the_end_is_still_kept(cleared) -> None:
    cleared.check_out()

    assert cleared.record(*THE_DEBTOR).new == 3


def test_nobody_checks_out_of_a_room_they_are_still_in(cleared) -> None:
    cleared.may_enter(*THE_DEBTOR, CONSENT)
    cleared.record(Entered())

    with pytest.raises(Conflict, match="still-inside"):
        cleared.check_out()


def test_a_visit_that_never_began_cannot_end(pair) -> None:
    with pytest.raises(Conflict, match="not-checked-in"):
        pair.check_out()


def test_only_the_pair_sees_who_lives_there(cleared) -> None:
    ask = ShowVisit(visit_id=cleared.visit)
    mine = cleared.does(handlers.show_visit, ask)
    boss = cleared.does(handlers.show_visit, ask, Phone(ids.new()), Role.SUPERVISOR)

    assert mine.sheet.debtor_name == "陈建国"
    assert boss.sheet is None
    assert boss.model_copy(update={"sheet": mine.sheet, "badge": mine.badge}) == mine
    assert (mine.badge, boss.badge) == (cleared.badge, None)
    assert (mine.state, len(mine.present)) == (VisitState.CLEARED, 2)


def test_a_visit_planned_before_there_were_codes_has_no_badge(pair) -> None:
    """Two of them: the codes of badges are one of a kind, and these have none."""
    before = pair.planned().model_dump(mode="json")
    del before["badge"], before["badge_blind"]
    for visit in (ids.new(), ids.new()):
        event = VisitPlanned.model_validate(before | {"visit_id": visit})
        handlers.plan(event, pair.hears)
        pair.hears.settle()
        ask = ShowVisit(visit_id=visit)

        assert pair.does(handlers.show_visit, ask).badge is None


def test_visits_are_listed_page_by_page(pair, unit, watch) -> None:
    other = Pair(unit, watch)
    other.hears.connection.execute(
        text("UPDATE visit SET agency_id = :a WHERE id = :v"),
        {"a": pair.agency, "v": other.visit},
    )
    boss = Phone(ids.new())

    def page(**asked):
        reply = pair.does(handlers.list_visits, ListVisits(**asked), boss, Role.SUPERVISOR)
        return [shown.visit_id for shown in reply.visits]

    first = page(limit=1)
    assert page() == [*first, *page(after=first[0])]
    assert sorted(page()) == sorted([pair.visit, other.visit])
    mine = pair.does(handlers.list_visits, ListVisits())
    assert [shown.visit_id for shown in mine.visits] == [pair.visit]


def test_the_decision_keeps_its_facts_without_names(cleared) -> None:
    cleared.may_enter(*THE_DEBTOR, CONSENT, reason=None)
    query = select(decision_table).where(decision_table.c.act == "enter_premises")
    row = cleared.hears.connection.execute(query).one()

    assert row.clauses == ["4.28"]
    assert row.decision["books_hash"]
    assert "陈建国" not in str(row._mapping)
    assert row.facts["person_met"] == "debtor"


def test_visit_of_nobody_knows_is_not_found(pair) -> None:
    with pytest.raises(NotFound):
        pair.does(handlers.show_visit, ShowVisit(visit_id=ids.new()))


MOTHERS_NO = [
    ConsentGiven(answer="refused", by="parent"),
    ConsentWithdrawn(by="parent"),
    Objected(by="parent"),
]


@pytest.mark.parametrize("no", MOTHERS_NO)
def test_a_third_partys_no_is_not_undone_by_the_debtors_yes(cleared, no) -> None:
    cleared.record(*THE_DEBTOR, no)
    cleared.watch.goes(seconds=30)

    assert judged(cleared.may_enter(CONSENT)) == (Outcome.STOP, ["C.06"])


def test_the_debtors_own_no_may_become_a_yes(cleared) -> None:
    cleared.record(*THE_DEBTOR, ConsentGiven(answer="refused", by="debtor"))
    cleared.watch.goes(seconds=30)

    assert judged(cleared.may_enter(CONSENT)) == (Outcome.PROCEED, [])


def test_a_yes_that_arrives_after_the_no_it_came_before_is_no_yes(cleared) -> None:
    cleared.record(*THE_DEBTOR)
    cleared.watch.goes(seconds=30)
    yes = cleared.journal(CONSENT)
    cleared.watch.goes(seconds=60)
    cleared.record(ConsentWithdrawn(by="debtor"), phone=cleared.b)
    command = EnterPremises(visit_id=cleared.visit, reason=REASON, journal=yes)

    clearance = cleared.does(handlers.enter_premises, command)

    assert judged(clearance) == (Outcome.STOP, ["4.29", "21.090"])


def test_an_invitation_by_others_does_not_spoil_the_debtors_consent(cleared) -> None:
    mother = ConsentGiven(answer="given", by="parent")

    assert judged(cleared.may_enter(*THE_DEBTOR, CONSENT, mother)) == (Outcome.PROCEED, [])


def test_whoever_left_later_is_outside_whatever_arrives_last(cleared) -> None:
    cleared.may_enter(*THE_DEBTOR, CONSENT)
    went_in = cleared.journal(Entered())
    cleared.watch.goes(seconds=30)
    cleared.record(Left(), phone=cleared.b)
    command = RecordJournal(visit_id=cleared.visit, journal=went_in)
    cleared.does(handlers.record_journal, command)

    (came_in,) = (PremisesEntered.model_validate(each.data) for each in cleared.events)
    assert came_in.at == went_in.entries[0].at
    assert cleared.check_out().ending is Ending.TALKED


@pytest.mark.parametrize("ask", ["may_talk", "may_enter"])
def test_a_check_in_does_not_last_for_ever(cleared, ask) -> None:
    cleared.record(*THE_DEBTOR, CONSENT)
    cleared.watch.goes(minutes=20)
    with pytest.raises(Conflict, match="permit-expired"):
        getattr(cleared, ask)()
    cleared.check_in(cleared.a, cleared.b)

    assert judged(getattr(cleared, ask)()) == (Outcome.PROCEED, [])


def test_nothing_is_asked_after_the_time_the_visit_was_planned_for(cleared) -> None:
    cleared.watch.goes(hours=13)

    with pytest.raises(Conflict, match="outside-plan"):
        cleared.may_talk(*THE_DEBTOR)


def test_a_partner_who_walks_off_takes_the_clearance_along(cleared) -> None:
    cleared.record(*THE_DEBTOR)
    clauses = ["C.02", "C.24"]  # neither at the door nor with the partner
    assert judged(cleared.check_in(cleared.b, at=DOWN_THE_ROAD)) == (Outcome.STOP, clauses)

    with pytest.raises(Conflict, match="not-checked-in"):
        cleared.may_talk()


def test_asking_again_alone_takes_nothing_from_the_partner(cleared) -> None:
    cleared.watch.goes(minutes=5)
    assert judged(cleared.check_in(cleared.a)) == (Outcome.WAIT, ["C.04"])

    assert judged(cleared.may_talk(*THE_DEBTOR)) == (Outcome.PROCEED, [])


def test_a_collector_whose_phone_is_revoked_is_not_there(cleared) -> None:
    cleared.hear(cleared.device_standing(cleared.b, 2, state=DeviceState.REVOKED))

    cut = "field_visit.visit_cut_short"
    assert cleared.said == ["field_visit.clearance_revoked", cut]
    with pytest.raises(Conflict, match="visit-leaving"):
        cleared.may_talk(*THE_DEBTOR)
    with pytest.raises(Conflict, match="visit-leaving"):
        cleared.check_in(cleared.a)


def test_what_a_revoked_phone_wrote_speaks_only_against_the_pair(
    cleared,
) -> None:
    journal = cleared.journal(*THE_DEBTOR, CONSENT, Objected(by="spouse"), Entered())
    cleared.hear(cleared.device_standing(cleared.a, 2, state=DeviceState.REVOKED))
    command = RecordJournal(visit_id=cleared.visit, journal=journal)

    assert cleared.does(handlers.record_journal, command).new == 6
    assert "field_visit.breach_recorded" in cleared.said
    mine = journal_table.c.device_id == cleared.a.device_id
    shown = select(journal_table.c.counts).where(mine)
    assert set(cleared.hears.connection.scalars(shown)) == {False}


def test_a_phone_that_was_a_day_ahead_can_be_set_right(pair) -> None:
    pair.watch.goes(days=1)
    ahead = pair.b.presence(pair.visit, pair.watch.now)
    pair.watch.goes(days=-1)
    command = CheckIn(visit_id=pair.visit, present=[ahead])
    refused = pair.does(handlers.check_in, command, pair.b)
    assert judged(refused) == (Outcome.STOP, ["4.27", "C.05"])

    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.PROCEED, [])


def test_what_was_said_before_the_pair_was_cleared_does_not_count(pair) -> None:
    pair.record(*THE_DEBTOR, CONSENT)
    pair.check_in(pair.a, pair.b)

    outcome, clauses = judged(pair.may_talk())

    assert (outcome, {"4.11", "13.02"} <= set(clauses)) == (Outcome.STOP, True)


@pytest.mark.parametrize("role", [Role.PHONE_COLLECTOR, Role.SUPERVISOR, Role.BANK_OFFICER])
def test_only_a_field_collector_acts_at_a_door(cleared, role) -> None:
    with pytest.raises(NotFound):
        cleared.does(handlers.discuss_debt, DiscussDebt(visit_id=cleared.visit), role=role)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: (
            p.hear(p.letter_standing(2, state=LetterState.REVOKED)),
            p.record(RECORDING),  # and so the phone is told of it
        ),
        lambda p: p.hear(p.case_standing(2, state=CaseState.RECALLED)),
        lambda p: p.record(PersonMet(relation="neighbour")),
        lambda p: p.may_enter(reason=None),
        lambda p: p.check_out(),
    ],
    ids=["letter revoked", "recalled", "somebody else", "refused since", "visit over"],
)
def test_a_permit_does_not_outlive_what_it_rested_on(cleared, change) -> None:
    cleared.may_enter(*THE_DEBTOR, CONSENT)
    cleared.watch.goes(seconds=30)
    change(cleared)
    with suppress(Conflict):  # the phones hear of it
        cleared.check_in(cleared.a, cleared.b)
    cleared.watch.goes(seconds=30)
    cleared.record(Entered())

    assert cleared.said[-1] == "field_visit.breach_recorded"


def test_what_happened_after_they_went_in_does_not_make_the_entry_wrong(cleared) -> None:
    cleared.may_enter(*THE_DEBTOR, CONSENT)
    cleared.watch.goes(seconds=30)
    went_in = cleared.journal(Entered())
    cleared.watch.goes(seconds=60)
    cleared.record(Objected(by="spouse"), phone=cleared.b)
    command = RecordJournal(visit_id=cleared.visit, journal=went_in)
    cleared.does(handlers.record_journal, command)

    assert cleared.said == ["field_visit.premises_entered"]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_no_clock_can_have_meant_is_refused(cleared, at) -> None:
    entry = cleared.journal(Left()).entries[0].model_dump(mode="json") | {"at": at}

    with pytest.raises(ValidationError, match="moment_out_of_bounds"):
        Entry.model_validate(entry)


@pytest.mark.parametrize(("latitude", "longitude"), [(90, 10), (-90, 0), (0, 0), (31, 180)])
@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_chinese_datum_outside_china_is_refused(latitude, longitude, datum) -> None:
    with pytest.raises(ValidationError, match="datum_out_of_region"):
        Position(latitude=latitude, longitude=longitude, datum=datum, accuracy_m=3)


def test_a_presence_of_another_visit_is_not_believed(pair) -> None:
    other = pair.a.presence(ids.new(), pair.watch.now)

    with pytest.raises(Forbidden, match="presence-of-another-visit"):
        pair.does(handlers.check_in, CheckIn(visit_id=pair.visit, present=[other]))


def test_a_presence_of_somebody_else_is_not_believed(pair) -> None:
    stranger = Phone(ids.new())
    pair.hear(pair.device_standing(stranger))
    present = [stranger.presence(pair.visit, pair.watch.now)]

    with pytest.raises(Forbidden, match="not-your-visit"):
        pair.does(handlers.check_in, CheckIn(visit_id=pair.visit, present=present))


def test_a_journal_of_a_strangers_phone_is_not_kept(cleared) -> None:
    stranger = Phone(ids.new())
    cleared.hear(cleared.device_standing(stranger))
    journal = stranger.writes(cleared.visit, cleared.watch.now, *THE_DEBTOR)

    command = RecordJournal(visit_id=cleared.visit, journal=journal)
    with pytest.raises(NotFound):
        cleared.does(handlers.record_journal, command)


def test_an_agency_that_may_not_work_stops_the_pair(pair) -> None:
    pair.hear(AgencyStanding(agency_id=pair.agency, code="a", active=False, version=2))

    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["4.38"])


def test_the_first_entry_of_a_phone_follows_nothing(cleared) -> None:
    cleared.a.link = "1" * 64

    with pytest.raises(Conflict, match="journal-fork"):
        cleared.may_talk(INTRODUCED)


def test_the_signature_and_the_arrival_of_a_batch_are_kept(cleared) -> None:
    cleared.watch.goes(minutes=2)
    journal = cleared.a.writes(cleared.visit, NOON, *THE_DEBTOR)
    command = RecordJournal(visit_id=cleared.visit, journal=journal)
    cleared.does(handlers.record_journal, command)
    mine = journal_table.c.device_id == cleared.a.device_id
    query = select(journal_table).where(mine).order_by(journal_table.c.seq).offset(1)
    rows = cleared.hears.connection.execute(query).all()

    assert [row.signature for row in rows] == [None, None, journal.signature.value]
    assert {row.received_at for row in rows} == {cleared.watch.now}
    assert [row.at for row in rows] == [entry.at for entry in journal.entries]


def test_another_agencys_boss_sees_nothing(cleared) -> None:
    for role in (Role.SUPERVISOR, Role.COMPLAINTS_OFFICER, Role.INTEGRATION):
        unit = cleared.open("field_visit", role, ids.new(), None)
        with pytest.raises(NotFound):
            handlers.show_visit(ShowVisit(visit_id=cleared.visit), unit)


def test_whoever_is_done_with_a_visit_forgets_who_lives_there(cleared) -> None:
    ask = ShowVisit(visit_id=cleared.visit)
    assert cleared.does(handlers.show_visit, ask).sheet
    cleared.hear(cleared.case_standing(2, state=CaseState.RECALLED))
    assert cleared.does(handlers.show_visit, ask).sheet is None
    cleared.hear(cleared.case_standing(3))
    cleared.hear(cleared.person_standing(cleared.a, 2, in_service=False))
    assert cleared.does(handlers.show_visit, ask).sheet is None
    cleared.hear(cleared.person_standing(cleared.a, 3))
    cleared.check_out()
    assert cleared.does(handlers.show_visit, ask).sheet is None


def test_a_collector_who_changed_agencies_does_not_count_as_serving(pair) -> None:
    pair.hear(pair.person_standing(pair.b, 2, agency_id=ids.new()))

    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["C.01"])
