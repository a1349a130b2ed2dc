"""Journals that arrive in parts, out of order, twice, forged or unreadable."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

import rulebook
from chassis.errors import Conflict, NotFound, Refused, TooMuch
from chassis.shredding import Reason, shred
from proto import badges, ids
from proto.anchors import AnchorPack, TakeAnchor
from proto.base import Role, Sealed
from proto.decision import Outcome
from proto.dispatch import CaseState
from proto.facts import (
    Anchored,
    AtTheGate,
    Circumstance,
    ComplaintMade,
    Conduct,
    ConsentWithdrawn,
    DebtDiscussed,
    DebtorSigned,
    Disputed,
    Entered,
    Knocked,
    Left,
    MediaNoted,
    Objected,
    PaidByChannel,
    PersonMet,
    PositionNoted,
    Recording,
    ShiftEnded,
    ShiftStarted,
    WrongAddress,
)
from proto.field_visit import (
    DiscussDebt,
    EnterPremises,
    GiveUpWaiting,
    RecordJournal,
    ShowJournal,
)
from proto.journal import GENESIS, LARGEST, Entry, Gap, Journal, Unread
from services.field_visit import handlers, store
from services.field_visit.handlers import oddities
from services.field_visit.model import (
    SEALED,
    ahead_table,
    head_table,
    irregularity_table,
    journal_table,
    refusal_table,
    verdict_table,
    visit_table,
)
from tests.acting import AT_THE_DOOR
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

DAY = (ShiftStarted(), PositionNoted(position=AT_THE_DOOR))


@pytest.fixture
def pair(unit, watch) -> Pair:
    return Pair(unit, watch, writes=False)


@pytest.fixture
def cleared(pair) -> Pair:
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, phone=pair.b)
    return pair


class Story:
    """What a phone wrote, to be sent in any parts; and a second visit of its person."""

    def __init__(self, pair: Pair) -> None:
        self.pair, self.phone = pair, pair.a

    def entries(self, *facts, visit=None) -> list[Entry]:
        visit = self.pair.visit if visit is None else visit
        return list(self.phone.writes(visit, self.pair.watch.now, *facts).entries)

    def send(self, *entries, phone=None):
        journal = (phone or self.phone).signed(list(entries))
        return self.sends(journal)

    def sends(self, journal: Journal):
        command = RecordJournal(visit_id=self.pair.visit, journal=journal)
        return self.pair.does(handlers.record_journal, command)

    def rows(self, table, *columns):
        where = table.c.device_id == self.phone.device_id
        query = select(*(table.c[name] for name in columns)).where(where)
        found = self.pair.hears.connection.execute(query.order_by(table.c.seq))
        return [tuple(row) for row in found]

    def odd(self) -> list[tuple[str, int | None]]:
        return sorted(self.rows(irregularity_table, "kind", "seq"))

    def on_duty(self, device_id) -> bool:
        query = select(head_table.c.on_duty).where(head_table.c.id == device_id)
        return self.pair.hears.connection.scalar(query)

    def seqs(self) -> list[int]:
        return [seq for (seq,) in self.rows(journal_table, "seq")]


@pytest.fixture
def story(cleared) -> Story:
    return Story(cleared)


def topics(story: Story) -> list[str]:
    return [name.removeprefix("field_visit.") for name in story.pair.said]


def test_what_comes_ahead_of_a_gap_waits_and_joins_when_it_is_filled(story) -> None:
    one, two, three, four = story.entries(*THE_DEBTOR, CONSENT)
    ahead = story.send(three, four)

    assert (ahead.through, ahead.new) == (0, 2)
    assert ahead.missing == (Gap(first=1, last=2),)
    assert story.seqs() == []
    assert story.odd() == [("gap", 1)]
    filled = story.send(one, two)
    assert (filled.through, filled.new, filled.missing) == (4, 4, ())
    assert story.seqs() == [1, 2, 3, 4]
    assert topics(story) == ["consent_recorded"]
    assert judged(story.pair.may_enter()) == (Outcome.PROCEED, [])


def test_nothing_of_what_waited_is_left_where_it_waited_once_it_joined(story) -> None:
    """A place where nobody was on duty is not kept, also if it came ahead of a gap."""
    ended, noted = story.entries(ShiftEnded(), PositionNoted(position=AT_THE_DOOR))
    story.send(noted)
    story.send(ended)

    assert story.rows(ahead_table, "entry") == [({},)]
    facts = [fact for (fact,) in story.rows(journal_table, "fact")]
    assert not [fact for fact in facts if SEALED in fact]
    odd = story.odd()
    again = story.send(ended, noted)
    assert (again.new, again.missing, story.odd()) == (0, (), odd)


def test_a_gap_of_several_pieces_is_named_whole(story) -> None:
    written = story.entries(*[PersonMet(relation="debtor")] * 9)
    story.send(written[0])
    story.send(written[6])

    received = story.send(*written[3:5])

    assert received.missing == (Gap(first=2, last=3), Gap(first=6, last=6))
    assert (received.through, received.new) == (1, 2)


@pytest.mark.parametrize(
    "no", [Objected(by="spouse"), ConsentWithdrawn(by="debtor"), Circumstance()]
)
def test_a_no_ahead_of_a_gap_ends_permits_at_once_and_is_told_once(story, no) -> None:
    pair = story.pair
    pair.may_enter(*THE_DEBTOR, CONSENT)
    lost, said = story.entries(PersonMet(relation="debtor"), no)

    story.send(said)

    told = topics(story)
    assert len(told) == 2
    assert told[-1] == "journal_irregular"
    row = select(visit_table.c.entry_until).where(visit_table.c.id == pair.visit)
    assert pair.hears.connection.scalar(row) <= pair.watch.now
    pair.a, pair.b = pair.b, pair.a  # the other phone asks, which knows nothing of it
    assert pair.may_enter().decision.outcome is Outcome.STOP
    pair.a, pair.b = pair.b, pair.a
    story.send(lost)
    assert topics(story) == []
    assert pair.may_enter().decision.outcome is Outcome.STOP


def test_an_ask_may_not_rest_on_what_waits(story) -> None:
    _, two = story.entries(INTRODUCED, THE_DEBTOR[1])
    story.send(two)
    (three,) = story.entries(THE_DEBTOR[2])
    ask = DiscussDebt(visit_id=story.pair.visit, journal=story.phone.signed([three]))

    with pytest.raises(Conflict, match="journal-gap"):
        story.pair.does(handlers.discuss_debt, ask)


def test_a_fork_is_kept_and_told_of_and_changes_nothing(story) -> None:
    (true,) = story.entries(PersonMet(relation="kin"))
    story.send(true)
    story.phone.seq, story.phone.link = 0, GENESIS
    (other,) = story.entries(PersonMet(relation="debtor"))

    received = story.send(other)

    assert (received.through, received.new) == (1, 0)
    assert [(d.pointer, d.kind) for d in received.problems] == [
        ("/journal/entries/0", "entry-fork")
    ]
    assert story.odd() == [("fork", 1)]
    assert topics(story) == ["journal_irregular"]
    assert story.rows(journal_table, "link") == [(true.link(),)]
    story.send(other)
    assert topics(story) == []  # it is told of once


def asked_by_the_other(pair: Pair) -> Outcome:
    """What the other phone is told, which knows nothing of what this one has noted."""
    pair.a, pair.b = pair.b, pair.a
    outcome = pair.may_enter().decision.outcome
    pair.a, pair.b = pair.b, pair.a
    return outcome


def test_a_no_that_waits_outlives_another_history(story) -> None:
    pair = story.pair
    pair.may_enter(*THE_DEBTOR, CONSENT)
    lost, said = story.entries(PersonMet(relation="debtor"), Objected(by="spouse"))
    story.send(said)
    assert asked_by_the_other(pair) is Outcome.STOP
    story.phone.seq, story.phone.link = lost.seq - 1, lost.prev  # out of a backup
    for _ in range(3):
        story.send(*story.entries(Left()))
        assert asked_by_the_other(pair) is Outcome.STOP
    assert ("unlinked", said.seq) in story.odd()
    assert story.send(said).missing == ()
    assert "entry_declined" not in topics(story)
    assert asked_by_the_other(pair) is Outcome.STOP


def test_a_no_of_another_history_speaks_at_once_and_once(story) -> None:
    pair = story.pair
    pair.may_enter(*THE_DEBTOR, CONSENT)
    seq, link = story.phone.seq, story.phone.link
    story.send(*story.entries(Left()))
    story.phone.seq, story.phone.link = seq, link  # out of a backup
    said = story.entries(Objected(by="spouse"))

    story.send(*said)

    assert topics(story) == ["entry_declined", "journal_irregular"]
    assert asked_by_the_other(pair) is Outcome.STOP
    story.send(*said)
    assert topics(story) == []
    assert asked_by_the_other(pair) is Outcome.STOP


def test_a_no_that_follows_nothing_speaks_on_when_others_join(story) -> None:
    pair = story.pair
    pair.may_enter(*THE_DEBTOR, CONSENT)
    seq, link = story.phone.seq, story.phone.link
    story.phone.link = "1" * 64
    story.send(*story.entries(Objected(by="spouse")))
    assert asked_by_the_other(pair) is Outcome.STOP
    story.phone.seq, story.phone.link = seq, link

    received = story.send(*story.entries(Left(), Left()))

    assert (received.through, received.missing) == (seq + 2, ())
    assert asked_by_the_other(pair) is Outcome.STOP


def test_what_follows_no_kept_entry_is_kept_apart(story) -> None:
    (one,) = story.entries(INTRODUCED)
    story.send(one)
    story.phone.link = "1" * 64
    unlinked, after = story.entries(PersonMet(relation="debtor"), Entered())

    received = story.send(unlinked, after)

    assert [d.kind for d in received.problems] == ["entry-unlinked"]
    assert ("unlinked", 2) in story.odd()
    assert received.missing == (Gap(first=2, last=2),)
    assert story.seqs() == [1]


def test_a_signature_reaches_no_further_than_the_links(story) -> None:
    one, two, three = story.entries(*THE_DEBTOR)
    lie = two.model_copy(update={"fact": PersonMet(relation="kin")})

    received = story.send(one, lie, three)

    assert [(d.pointer, d.kind) for d in received.problems] == [
        ("/journal/entries/0", "entry-unsigned"),
        ("/journal/entries/1", "entry-unsigned"),
    ]
    assert received.missing == (Gap(first=1, last=2),)
    assert story.seqs() == []
    assert story.send(one, two).through == 3


def test_a_batch_that_the_phone_did_not_sign_is_kept_apart(story) -> None:
    (entry,) = story.entries(Objected(by="spouse"))
    forged = story.pair.b.signed([entry]).model_copy(
        update={"device_id": story.phone.device_id}
    )

    received = story.sends(forged)

    assert (received.kept_apart, received.new, received.through) == (True, 0, 0)
    assert topics(story) == ["journal_irregular"]
    assert story.seqs() == []
    assert story.odd() == [("bad_signature", 1)]
    (row,) = story.rows(irregularity_table, "raw")
    assert row[0]["key_id"] == str(story.pair.case)
    story.phone.seq, story.phone.link = 0, GENESIS
    assert not story.pair.may_enter(*THE_DEBTOR, CONSENT).decision.reasons


def test_only_so_much_that_is_not_signed_is_kept_in_a_day(story, monkeypatch) -> None:
    monkeypatch.setattr(oddities, "MOST_APART", 2)
    kept = [forged(story, number) for number in range(2)]
    assert [by_the_other(story, each).kept_apart for each in kept] == [True, True]

    assert not by_the_other(story, forged(story, 3)).kept_apart

    assert by_the_other(story, kept[1]).kept_apart  # known
    assert story.sends(forged(story, 4)).kept_apart  # her own allowance is her own
    assert len(story.odd()) == 3
    story.pair.watch.goes(hours=25)
    assert by_the_other(story, forged(story, 5)).kept_apart


def test_forgeries_of_a_colleague_cost_nobody_their_journal(story, monkeypatch) -> None:
    monkeypatch.setattr(oddities, "MOST_APART", 2)
    for number in range(4):
        by_the_other(story, forged(story, number))

    (entry,) = story.entries(Objected(by="spouse"))
    tomorrow = {"prev": entry.link(), "fact": {"kind": "of tomorrow"}}
    last = entry.seq + 1
    assert story.send(entry, Unread({"seq": last} | tomorrow)).through == last


def test_what_joins_is_kept_also_beside_more_that_is_odd_than_is_kept(
    story, monkeypatch
) -> None:
    """Whoever has seen one entry of hers, and its signature, can put lies before it."""
    one, two, three = story.entries(*THE_DEBTOR)
    lies = [one.model_copy(update={"fact": PersonMet(relation="kin")})]
    monkeypatch.setattr(oddities, "MOST_ODD", 0)
    assert story.send(one).through == one.seq

    assert story.send(*lies, two, three).through == three.seq

    with pytest.raises(TooMuch):
        story.send(*lies)
    assert story.odd() == []


def by_the_other(story: Story, journal: Journal):
    command = RecordJournal(visit_id=story.pair.visit, journal=journal)
    return story.pair.does(handlers.record_journal, command, story.pair.b)


def forged(story: Story, number: int) -> Journal:
    entry = Entry(
        seq=number + 1, at=NOON, prev=GENESIS, fact=Left(), visit_id=story.pair.visit
    )
    journal = story.pair.b.signed([entry])
    return journal.model_copy(update={"device_id": story.phone.device_id})


def chained(story: Story, *contents) -> Journal:
    """Entries of which some cannot be read: linked by what was sent, and signed."""
    entries, prev = [], story.phone.link
    for number, content in enumerate(contents, story.phone.seq + 1):
        raw = {"seq": number, "prev": prev, "at": "2026-03-02T04:00:00Z"}
        raw |= {"visit_id": str(story.pair.visit), **content}
        entries.append(raw)
        prev = Journal.model_validate(
            {
                "device_id": str(story.phone.device_id),
                "entries": [raw],
                "signature": {"value": "A" * 86},
            }
        ).head()
        prev = prev.decode()
    journal = Journal.model_validate(
        {
            "device_id": str(story.phone.device_id),
            "entries": entries,
            "signature": {"value": "A" * 86},
        }
    )
    return story.phone.signed(list(journal.entries))


def test_an_entry_that_cannot_be_read_keeps_no_other_from_being_kept(story) -> None:
    journal = chained(
        story,
        {"fact": {"kind": "person_met", "relation": "debtor"}},
        {"fact": {"kind": "person_met", "relation": "a stranger"}, "at": "yesterday"},
        {"fact": {"kind": "left"}},
    )
    assert [type(each) for each in journal.entries] == [Entry, Unread, Entry]

    received = story.sends(journal)

    assert (received.through, received.new) == (3, 3)
    assert [d.pointer for d in received.problems] == [
        "/journal/entries/1/at",
        "/journal/entries/1/fact/person_met/relation",
    ]
    assert story.odd() == [("malformed", 2)]
    (_, (fact,), _) = story.rows(journal_table, "fact")
    assert fact["kind"] == "malformed"
    assert "stranger" not in str(fact)
    opened = story.pair.hears.keyring.open(
        Sealed(**fact[SEALED]),
        story.pair.case,
        oddities.APART,
    )
    assert "a stranger" in opened


def test_a_fact_from_a_door_has_to_say_which_door(story) -> None:
    journal = chained(story, {"fact": {"kind": "left"}, "visit_id": None})

    received = story.sends(journal)

    assert [(d.pointer, d.values["type"]) for d in received.problems] == [
        ("/journal/entries/0/visit_id", "visit_missing")
    ]


@pytest.mark.parametrize("nonsense", ["x", 7, None, {}, {"seq": True}, {"seq": 2**53}])
def test_what_is_no_entry_at_all_is_kept_beside_the_others(story, nonsense) -> None:
    one, two = story.entries(*THE_DEBTOR[:2])
    story.send(one)
    raw = story.phone.signed([Unread(nonsense), two])
    sent = Journal.model_validate_json(raw.model_dump_json())

    received = story.sends(sent)

    assert (received.through, received.new) == (2, 1)
    assert received.problems
    assert story.odd() == [("malformed", None)]


def test_a_batch_may_tell_of_the_day_and_of_another_visit(story, unit, watch) -> None:
    other = Pair(unit, watch)
    other.a, other.b = story.pair.a, story.pair.b
    other.visit, other.badge = ids.new(), badges.new()
    handlers.plan(other.planned(), other.hears)
    other.hears.settle()
    journal = [
        *story.phone.writes(None, NOON, *DAY).entries,
        *story.entries(PersonMet(relation="debtor"), visit=other.visit),
        *story.entries(INTRODUCED),
    ]

    received = story.send(*journal)

    assert (received.through, received.new, received.problems) == (4, 4, ())
    assert story.rows(journal_table, "visit_id") == [
        (None,),
        (None,),
        (other.visit,),
        (story.pair.visit,),
    ]
    assert story.odd() == []


def test_an_entry_of_somebody_elses_visit_is_kept_and_never_counts(
    story, unit, watch
) -> None:
    theirs = Pair(unit, watch)
    nobody = ids.new()
    entries = [
        *story.entries(Objected(by="spouse"), visit=theirs.visit),
        *story.entries(Left(), visit=nobody),
        *story.entries(INTRODUCED),
    ]

    received = story.send(*entries)

    assert (received.through, received.new) == (3, 3)
    assert [(d.pointer, d.kind) for d in received.problems] == [
        ("/journal/entries/0/visit_id", "entry-stray"),
        ("/journal/entries/1/visit_id", "entry-stray"),
    ]
    assert story.odd() == [("stray", 1), ("stray", 2)]
    kinds = [kind for (kind,) in story.rows(journal_table, "kind")]
    assert kinds == ["stray", "stray", "introduced"]
    assert not store.visit(theirs.hears.shared, theirs.visit).door.objection


def test_positions_outside_the_shift_are_not_kept(story) -> None:
    mine = head_table.c.id == story.phone.device_id
    story.pair.hears.connection.execute(
        head_table.update().where(mine).values(on_duty=False)
    )
    here = PositionNoted(position=AT_THE_DOOR, mocked=False)
    gate = AtTheGate(admitted=True, position=AT_THE_DOOR)
    facts = [here, ShiftStarted(), here, gate, ShiftEnded(), here, gate]
    story.send(*story.entries(*facts))

    kept = [fact for (fact,) in story.rows(journal_table, "fact")]
    assert [SEALED in fact for fact in kept] == [
        *(False, False, True, True, False, False, False)
    ]
    assert "31.2304" not in str(kept)
    assert kept[0] == {"kind": "position"}
    assert kept[6] == {"kind": "at_the_gate", "admitted": True}
    assert story.odd() == [("off_duty", 1), ("off_duty", 6), ("off_duty", 7)]


def test_who_has_begun_their_shift_is_on_duty(story) -> None:
    mine = story.phone.device_id
    story.send(*story.phone.writes(None, NOON, ShiftStarted()).entries)
    assert story.on_duty(mine)
    story.pair.watch.goes(minutes=1)
    story.send(*story.phone.writes(None, story.pair.watch.now, ShiftEnded()).entries)
    assert not story.on_duty(mine)


def test_who_forgot_to_end_a_shift_is_on_duty_by_it_no_more_the_next_day(pair) -> None:
    later = NOON + timedelta(days=3)
    mine = visit_table.c.id == pair.visit
    pair.hears.connection.execute(
        visit_table.update().where(mine).values(not_before=NOON, not_after=later)
    )
    pair.hear(pair.letter_standing(2, valid_until=later.date()))
    pair.watch.goes(hours=24)
    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["C.23"])

    pair.record(PositionNoted(position=AT_THE_DOOR), phone=pair.a)
    kept = select(journal_table.c.fact).where(journal_table.c.kind == "position")
    assert pair.hears.connection.scalar(kept) == {"kind": "position"}

    pair.record(ShiftStarted(), phone=pair.a)
    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["C.23"])
    pair.record(ShiftStarted(), phone=pair.b)
    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.PROCEED, [])


def test_a_phone_goes_on_when_the_case_it_tells_of_was_shredded(story) -> None:
    pair = story.pair
    lost, ahead, after = story.entries(Knocked(times=1), Circumstance(), Knocked(times=1))
    connection = pair.open("field_visit").connection
    shred(connection, pair.case, "officer:test", Reason.TERM_OVER)

    assert story.send(ahead).missing == (Gap(first=lost.seq, last=lost.seq),)
    assert "circumstance_noted" in topics(story)  # and the case is held, if there is one
    assert story.rows(ahead_table, "entry") == [({},)]
    story.send(lost)
    received = story.send(after)

    assert (received.through, received.missing) == (after.seq, ())
    kinds = [kind for (kind,) in story.rows(journal_table, "kind")]
    assert kinds[-3:] == ["knocked", "malformed", "knocked"]


def test_a_circumstance_of_a_shredded_case_ends_the_talk_and_says_nothing(story) -> None:
    pair = story.pair
    connection = pair.open("field_visit").connection
    shred(connection, pair.case, "officer:test", Reason.TERM_OVER)

    pair.record(Circumstance(hardship="illness"))

    assert pair.said == ["field_visit.circumstance_noted"]
    assert pair.events[0].data["hardship"]["box"] == ""


def test_what_a_debtor_wrote_is_sealed(story) -> None:
    story.send(*story.entries(DebtorSigned(sha256="a" * 64, remarks="他们很有礼貌")))

    ((fact,),) = story.rows(journal_table, "fact")
    assert "礼貌" not in str(fact)
    assert (fact["kind"], fact["sha256"]) == ("debtor_signed", "a" * 64)


def test_a_payment_by_the_bank_s_channel_is_told(story) -> None:
    story.send(*story.entries(PaidByChannel(channel="app")))

    assert topics(story) == ["payment_told"]


CHECKED = {
    "decent_appearance": "21.086",
    "nobody_touched": "21.089",
    "nobody_threatened": "13.04",
    "nothing_posted": "21.089",
    "nothing_taken": "21.091",
    "no_own_code": "4.30",
}


@pytest.mark.parametrize(("name", "clause"), CHECKED.items())
def test_a_no_of_the_checklist_is_a_breach_of_its_clause(story, name, clause) -> None:
    story.send(*story.entries(Conduct(**dict.fromkeys(CHECKED, True) | {name: False})))

    assert topics(story) == ["breach_recorded"]
    assert story.rows(verdict_table, "verdict", "clauses") == [("breach", [clause])]


@pytest.mark.parametrize("asked", [CHECKED, [*CHECKED][:5]], ids=["now", "before"])
def test_a_checklist_of_yeses_is_fine(story, asked) -> None:
    story.send(*story.entries(Conduct(**dict.fromkeys(asked, True))))

    assert topics(story) == []
    assert story.rows(verdict_table, "verdict", "clauses") == [("fine", [])]


@pytest.mark.parametrize("reason", [None, "battery", "interrupted", "finished"])
def test_a_recorder_that_stops_early_is_looked_at(story, reason) -> None:
    story.send(*story.entries(Recording(announced=True, running=False, reason=reason)))

    found = [] if reason == "finished" else [("suspected", ["21.088"])]
    assert story.rows(verdict_table, "verdict", "clauses") == found


def test_what_the_debt_was_spoken_of_without_is_a_breach(story) -> None:
    story.send(*story.entries(PersonMet(relation="parent"), DebtDiscussed()))

    assert topics(story)[-1] == "breach_recorded"
    ((verdict, clauses),) = story.rows(verdict_table, "verdict", "clauses")
    assert (verdict, "13.08" in clauses or "4.10" in clauses) == ("breach", True)


def test_what_was_spoken_of_with_the_debtor_is_fine(story) -> None:
    story.send(*story.entries(*THE_DEBTOR, DebtDiscussed()))

    assert story.rows(verdict_table, "verdict", "clauses") == [("fine", [])]


def sends_late(pair: Pair, journal: Journal) -> tuple[str, list[str]]:
    """Let the other phone's journal arrive; return what is said of the deed in it."""
    command = RecordJournal(visit_id=pair.visit, journal=journal)
    pair.does(handlers.record_journal, command, pair.b)
    where = verdict_table.c.device_id == pair.b.device_id
    query = select(verdict_table.c.verdict, verdict_table.c.clauses).where(where)
    verdict, clauses = pair.hears.connection.execute(query).one()
    return verdict, clauses


@pytest.mark.parametrize(("minutes", "verdict"), [(2, "fine"), (5, "breach")])
def test_who_is_identified_only_after_the_talk_was_not_when_it_was(
    cleared, minutes, verdict
) -> None:
    """The other phone's clock may be minutes off, and no more."""
    cleared.record(*THE_DEBTOR[:2])
    cleared.watch.goes(minutes=1)
    spoke = cleared.journal(DebtDiscussed(), phone=cleared.b)
    cleared.watch.goes(minutes=minutes)
    cleared.record(THE_DEBTOR[2])
    cleared.watch.goes(minutes=1)

    assert sends_late(cleared, spoke)[0] == verdict


def test_what_a_phone_noted_before_a_deed_was_before_it_whatever_its_clock(cleared) -> None:
    cleared.watch.goes(minutes=9)
    first = cleared.journal(*THE_DEBTOR, phone=cleared.b)
    cleared.watch.goes(minutes=-7)  # the collector puts the wall clock back
    spoke = cleared.journal(DebtDiscussed(), phone=cleared.b)
    cleared.watch.goes(minutes=10)

    both = cleared.b.signed([*first.entries, *spoke.entries])
    assert sends_late(cleared, both) == ("fine", [])


@pytest.mark.parametrize(("spoke_first", "verdict"), [(True, "fine"), (False, "breach")])
def test_a_shift_that_the_other_ended_later_is_no_breach(
    cleared, spoke_first, verdict
) -> None:
    cleared.may_talk(*THE_DEBTOR)
    spoke = cleared.journal(DebtDiscussed(), phone=cleared.b) if spoke_first else None
    cleared.watch.goes(minutes=4)
    cleared.record(ShiftEnded())
    cleared.watch.goes(minutes=4)
    spoke = spoke or cleared.journal(DebtDiscussed(), phone=cleared.b)

    assert sends_late(cleared, spoke)[0] == verdict


def test_who_ended_their_own_shift_speaks_to_nobody(cleared) -> None:
    cleared.may_talk(*THE_DEBTOR)
    both = cleared.journal(ShiftEnded(), DebtDiscussed(), phone=cleared.b)

    assert sends_late(cleared, both)[0] == "breach"


def test_who_came_in_by_a_permit_that_another_followed_had_one(cleared) -> None:
    cleared.may_enter(*THE_DEBTOR, CONSENT)
    cleared.watch.goes(seconds=20)
    went = cleared.journal(Entered(), phone=cleared.b)
    cleared.watch.goes(minutes=4)
    cleared.check_in(cleared.a, cleared.b)
    assert judged(cleared.may_enter()) == (Outcome.PROCEED, [])

    assert sends_late(cleared, went) == ("fine", [])


def test_what_is_judged_of_a_deed_is_no_permit_for_another(cleared) -> None:
    """The first entry is judged fine; a second one has no permit for all that."""
    cleared.may_enter(*THE_DEBTOR, CONSENT)
    cleared.watch.goes(minutes=4)
    cleared.record(Entered())
    cleared.watch.goes(minutes=3)
    again = cleared.journal(Entered(), phone=cleared.b)
    cleared.watch.goes(minutes=4)
    cleared.check_in(cleared.a, cleared.b)
    assert judged(cleared.may_enter()) == (Outcome.PROCEED, [])

    cleared.watch.goes(minutes=1)
    verdict, clauses = sends_late(cleared, again)
    assert (verdict, "4.28" in clauses) == ("breach", True)


# What could be known, and when it was


def test_what_a_recall_forbade_is_no_breach_of_a_phone_that_could_not_know(story) -> None:
    pair = story.pair
    pair.may_enter(*THE_DEBTOR, CONSENT)
    pair.watch.goes(seconds=30)
    pair.hear(pair.case_standing(2, state=CaseState.RECALLED))
    pair.watch.goes(seconds=30)
    offline = story.entries(Entered(), DebtDiscussed())
    pair.watch.goes(hours=1)

    story.send(*offline)

    assert topics(story) == ["premises_entered"]
    verdicts = story.rows(verdict_table, "verdict", "clauses")
    assert [verdict for verdict, _ in verdicts] == ["unknowing", "unknowing"]
    assert all("4.38" in clauses for _, clauses in verdicts)


@pytest.mark.parametrize(
    ("ask", "expected"),
    [(AnchorPack, "breach"), (TakeAnchor, "unknowing")],
    ids=["a pack", "the time alone"],
)
def test_a_phone_that_was_told_of_its_visits_since_could_know(story, ask, expected) -> None:
    pair = story.pair
    pair.may_enter(*THE_DEBTOR, CONSENT)
    pair.watch.goes(seconds=30)
    pair.hear(pair.case_standing(2, state=CaseState.RECALLED))
    pair.watch.goes(seconds=10)
    anchored(story, ask=ask)
    pair.watch.goes(seconds=30)
    story.send(*story.entries(DebtDiscussed()))

    ((verdict, clauses),) = story.rows(verdict_table, "verdict", "clauses")
    assert (verdict, "4.38" in clauses) == (expected, True)


def refused(story: Story, handle, command) -> str:
    """Ask in a unit that is refused; return by which problem."""
    pair = story.pair
    pair.watch.goes(seconds=1)
    unit = pair.open("field_visit", Role.FIELD_COLLECTOR, pair.agency, pair.a.person_id)
    with pytest.raises(Refused) as refusal:
        handle(command, unit)
    unit.refuse()
    unit.settle()
    return refusal.value.kind


ASKS = [
    (handlers.discuss_debt, DiscussDebt, {}),
    (handlers.enter_premises, EnterPremises, {"reason": REASON}),
]


@pytest.mark.parametrize(("handle", "ask", "more"), ASKS, ids=["talk", "enter"])
def test_a_phone_that_was_refused_since_a_recall_knew_of_it(
    story, handle, ask, more
) -> None:
    """No rule was asked, no decision is kept: all the same its person was told."""
    pair = story.pair
    pair.may_enter(*THE_DEBTOR, CONSENT)
    pair.watch.goes(seconds=30)
    pair.hear(pair.case_standing(2, state=CaseState.RECALLED))
    pair.watch.goes(seconds=10)
    command = ask(visit_id=pair.visit, **more)
    for _ in range(3):
        assert refused(story, handle, command) == "not-checked-in"
    pair.watch.goes(seconds=30)
    story.send(*story.entries(Entered()))

    ((verdict, clauses),) = story.rows(verdict_table, "verdict", "clauses")
    assert (verdict, "4.38" in clauses) == ("breach", True)
    its = select(refusal_table.c.person_id, refusal_table.c.kind)
    kept = pair.hears.connection.execute(its.where(refusal_table.c.visit_id == pair.visit))
    assert [tuple(row) for row in kept] == [(pair.a.person_id, "not-checked-in")]


def test_a_check_in_that_was_refused_since_a_recall_tells_too(story) -> None:
    pair = story.pair
    pair.may_enter(*THE_DEBTOR, CONSENT)
    pair.watch.goes(seconds=30)
    pair.hear(pair.case_standing(2, state=CaseState.RECALLED))
    pair.watch.goes(seconds=10)
    assert judged(pair.check_in(pair.a, pair.b))[0] is Outcome.STOP
    pair.watch.goes(seconds=30)
    story.send(*story.entries(Entered()))

    ((verdict, _),) = story.rows(verdict_table, "verdict", "clauses")
    assert verdict == "breach"


def test_a_refusal_of_the_other_tells_this_phone_nothing(story) -> None:
    pair = story.pair
    pair.may_enter(*THE_DEBTOR, CONSENT)
    pair.watch.goes(seconds=30)
    pair.hear(pair.case_standing(2, state=CaseState.RECALLED))
    refused(story, handlers.discuss_debt, DiscussDebt(visit_id=pair.visit))
    pair.watch.goes(seconds=30)
    theirs = pair.journal(Entered(), phone=pair.b)
    command = RecordJournal(visit_id=pair.visit, journal=theirs)

    pair.does(handlers.record_journal, command, pair.b)

    mine = select(verdict_table.c.verdict).where(verdict_table.c.visit_id == pair.visit)
    assert list(pair.hears.connection.scalars(mine)) == ["unknowing"]


def test_a_refusal_before_a_recall_tells_nothing_of_it(story) -> None:
    """A case that was recalled and is good again, and is recalled once more."""
    pair = story.pair
    pair.hear(pair.case_standing(2, state=CaseState.RECALLED))
    pair.watch.goes(seconds=10)
    refused(story, handlers.discuss_debt, DiscussDebt(visit_id=pair.visit))
    pair.watch.goes(seconds=10)
    pair.hear(pair.case_standing(3))
    pair.watch.goes(seconds=10)
    assert judged(pair.check_in(pair.a, pair.b))[0] is Outcome.PROCEED
    assert judged(pair.may_enter(*THE_DEBTOR, CONSENT))[0] is Outcome.PROCEED
    pair.watch.goes(seconds=30)
    pair.hear(pair.case_standing(4, state=CaseState.RECALLED))
    pair.watch.goes(seconds=30)
    story.send(*story.entries(Entered()))

    assert story.rows(verdict_table, "verdict") == [("unknowing",)]


def test_what_was_done_before_a_recall_is_judged_without_it(story) -> None:
    pair = story.pair
    pair.watch.goes(seconds=10)
    early = story.entries(*THE_DEBTOR, DebtDiscussed())
    pair.watch.goes(hours=1)
    story.phone.seq, story.phone.link = 0, GENESIS
    anchor = anchored(story, early[0].at - timedelta(seconds=5))
    pair.hear(pair.case_standing(2, state=CaseState.RECALLED))
    pair.watch.goes(seconds=30)
    early = timed_entries(story, anchor, [*THE_DEBTOR, DebtDiscussed()], since_ms=5_000)
    story.send(*early)

    assert story.rows(verdict_table, "verdict", "clauses") == [("fine", [])]


# What waits, and for how long


def gives_up(story: Story):
    unit = story.pair.open("field_visit")
    handlers.give_up_waiting(GiveUpWaiting(), unit)
    unit.settle()
    return [each.type.removeprefix("field_visit.") for each in unit.said]


def raw(story: Story, kind: str) -> list[str]:
    """What is kept of what is odd, opened."""
    its = irregularity_table.c
    query = select(its.raw).where(its.device_id == story.phone.device_id, its.kind == kind)
    found = story.pair.hears.connection.scalars(query.order_by(its.seq))
    opens = story.pair.hears.keyring.open
    return [opens(Sealed(**each), story.pair.case, oddities.APART) for each in found]


def test_what_waits_for_what_never_comes_is_given_up_and_kept(story) -> None:
    """A no among it counts as long as it waits, and for as long as its visit is open."""
    _, two, three = story.entries(RECORDING, Objected(by="spouse"), Knocked(times=2))
    story.send(two, three)
    story.pair.watch.goes(days=401)
    assert gives_up(story) == []  # the visit is open
    close(story)

    assert gives_up(story) == ["journal_irregular"]

    assert gives_up(story) == []
    assert ("given_up", 2) in story.odd()
    assert ("given_up", 3) in story.odd()
    assert [Entry.model_validate_json(each) for each in raw(story, "given_up")] == [
        two,
        three,
    ]
    assert story.rows(ahead_table, "seq") == []
    query = select(head_table.c.ahead).where(head_table.c.id == story.phone.device_id)
    assert story.pair.hears.connection.scalar(query) == 0


def close(story: Story) -> None:
    query = visit_table.update().where(visit_table.c.id == story.pair.visit)
    story.pair.hears.connection.execute(query.values(state="closed"))


def test_a_no_of_another_history_is_given_up_too_and_what_is_young_waits(story) -> None:
    one, two = story.entries(*THE_DEBTOR[:2])
    story.send(one, two)
    story.phone.seq, story.phone.link = 0, GENESIS
    (no,) = story.entries(Objected(by="spouse"))
    story.send(no)
    close(story)
    story.pair.watch.goes(days=399)
    assert gives_up(story) == []
    assert story.rows(ahead_table, "seq") == [(1,)]

    story.pair.watch.goes(days=2)

    assert gives_up(story) == ["journal_irregular"]
    assert story.rows(ahead_table, "seq") == []
    assert story.odd() == [("fork", 1), ("given_up", 1)]
    assert story.seqs() == [1, 2]


def test_what_was_given_up_joins_when_what_lay_before_it_comes_all_the_same(story) -> None:
    one, two = story.entries(RECORDING, Objected(by="spouse"))
    story.send(two)
    close(story)
    story.pair.watch.goes(days=401)
    gives_up(story)

    story.send(one, two)

    assert story.seqs() == [1, 2]


def test_of_the_day_too_it_is_kept_with_a_visit_of_that_case(story) -> None:
    _, shift = story.entries(RECORDING, ShiftStarted())
    shift = shift.model_copy(update={"visit_id": None})
    story.send(shift)
    close(story)
    story.pair.watch.goes(days=401)

    assert gives_up(story) == ["journal_irregular"]
    (kept,) = raw(story, "given_up")
    assert Entry.model_validate_json(kept) == shift


# Who posted it


def test_it_is_shown_who_posted_what_is_odd(story) -> None:
    pair = story.pair
    forged = pair.a.signed([Unread({"seq": "x"})]).model_copy(
        update={"device_id": pair.b.device_id}
    )
    command = RecordJournal(visit_id=pair.visit, journal=forged)
    pair.does(handlers.record_journal, command, pair.a)

    (odd,) = shows(pair).irregularities
    assert (odd.kind, odd.device_id, odd.posted_by) == (
        "bad_signature",
        pair.b.device_id,
        pair.a.person_id,
    )


BOOT = ids.new()


def anchored(story: Story, at=None, ask=TakeAnchor):
    """Let the phone be told the time; return the anchor's fact."""
    anchor_id, now = ids.new(), story.pair.watch.now
    if at is not None:
        story.pair.watch.now = at - timedelta(seconds=1)
    command = ask(anchor_id=anchor_id, device_id=story.phone.device_id)
    handle = {TakeAnchor: handlers.take_anchor, AnchorPack: handlers.anchor_pack}[ask]
    story.pair.does(handle, command)
    if at is not None:
        story.pair.watch.now = now
    return Anchored(anchor_id=anchor_id, asked_ms=0, got_ms=100)


def timed_entries(story: Story, anchor, facts, since_ms: int, at=None) -> list[Entry]:
    """Entries that begin with an anchor, then facts a second apart by the boot's clock."""
    entries = []
    for number, fact in enumerate([anchor, *facts]):
        story.phone.seq += 1
        entry = Entry(
            seq=story.phone.seq,
            visit_id=story.pair.visit,
            at=at or story.pair.watch.now,
            prev=story.phone.link,
            fact=fact,
            boot_id=BOOT,
            elapsed_ms=100 if number == 0 else since_ms + number * 1000,
        )
        story.phone.link = entry.link()
        entries.append(entry)
    return entries


HOUR = 3_600_000


@pytest.mark.parametrize(
    ("hours", "verdict"), [(1, "fine"), (8.9, "fine"), (9.0, "suspected"), (9.5, "breach")]
)
def test_hours_are_judged_by_the_anchor_and_never_by_the_wall_clock(
    story, hours, verdict
) -> None:
    """At noon the phone was told the time; its wall clock says noon for ever."""
    pair = story.pair
    anchor = anchored(story)
    entries = timed_entries(
        story, anchor, [*THE_DEBTOR, DebtDiscussed()], int(hours * HOUR) - 6_000, at=NOON
    )
    pair.watch.goes(hours=11)
    story.send(*entries)

    ((found, clauses),) = story.rows(verdict_table, "verdict", "clauses")
    assert found == verdict
    assert bool(clauses) is (verdict != "fine")
    said = {"breach": ["breach_recorded"], "suspected": ["breach_suspected"], "fine": []}
    assert topics(story) == said[verdict]


def test_a_phone_that_claims_to_have_run_for_ever_is_heard_all_the_same(story) -> None:
    anchor = anchored(story)
    deeds = [RECORDING, DebtDiscussed()]
    entries = timed_entries(story, anchor, deeds, since_ms=LARGEST - 2_000)

    assert story.send(*entries).through == entries[-1].seq
    assert ("clock_torn", entries[1].seq) in story.odd()


def test_an_anchor_in_ages_to_come_judges_what_was_before_it(story) -> None:
    (spoke,) = story.entries(DebtDiscussed())
    first = spoke.model_copy(update={"boot_id": BOOT, "elapsed_ms": 5})
    story.phone.link = first.link()
    anchor = anchored(story).model_copy(update={"asked_ms": LARGEST, "got_ms": LARGEST})
    (noted,) = story.entries(anchor)
    noted = noted.model_copy(update={"boot_id": BOOT, "elapsed_ms": LARGEST})

    assert story.send(first, noted).through == noted.seq


def test_without_an_anchor_a_late_journal_may_have_been_written_at_night(story) -> None:
    entries = story.entries(*THE_DEBTOR, DebtDiscussed())
    story.pair.watch.goes(hours=11)

    story.send(*entries)

    ((found, _),) = story.rows(verdict_table, "verdict", "clauses")
    assert found == "suspected"


def test_what_was_in_two_days_is_judged_at_the_turns_of_the_hours(
    story, monkeypatch
) -> None:
    asked = []
    judge = rulebook.judge

    def counted(*given):
        asked.append(given)
        return judge(*given)

    entries = story.entries(*THE_DEBTOR, DebtDiscussed())
    story.pair.watch.goes(hours=47)
    monkeypatch.setattr(rulebook, "judge", counted)
    story.send(*entries)

    ((found, _),) = story.rows(verdict_table, "verdict", "clauses")
    assert found == "suspected"
    assert len(asked) < 12


def test_a_phone_is_told_the_time_once_by_each_id(story) -> None:
    anchor_id, device_id = ids.new(), story.phone.device_id
    command = TakeAnchor(anchor_id=anchor_id, device_id=device_id)
    first = story.pair.does(handlers.take_anchor, command)
    story.pair.watch.goes(minutes=5)

    assert story.pair.does(handlers.take_anchor, command) == first
    stranger = TakeAnchor(anchor_id=anchor_id, device_id=story.pair.b.device_id)
    with pytest.raises(Conflict):
        story.pair.does(handlers.take_anchor, stranger, story.pair.b)
    for other, phone in ((stranger, story.pair.a), (command, story.pair.b)):
        unit = story.pair.open(
            "field_visit", Role.FIELD_COLLECTOR, story.pair.agency, phone.person_id
        )
        with pytest.raises(NotFound):
            handlers.of_the_phone(other, unit)


def test_a_clock_that_went_back_is_told_of(story) -> None:
    anchor = anchored(story)
    entries = timed_entries(story, anchor, [INTRODUCED], 9_000)
    entries += timed_entries(story, Left(), [], 0)
    story.pair.watch.goes(minutes=1)
    story.send(*entries)

    assert story.odd() == [("clock_back", 3)]


# What is shown


def shows(pair: Pair, role=Role.SUPERVISOR, after=0, limit=100, **but):
    who = {"agency_id": pair.agency, "person_id": None} | but
    unit = pair.open("field_visit", role, who["agency_id"], who["person_id"])
    command = ShowJournal(visit_id=pair.visit, after=after, limit=limit)
    return handlers.show_journal(command, unit)


def test_verdicts_are_read_page_by_page(story) -> None:
    media = MediaNoted(media_id=ids.new(), media="photo", sha256="b" * 64)
    story.send(*story.entries(*THE_DEBTOR, media, DebtDiscussed(), Entered()))
    page = shows(story.pair, limit=4)
    rest = shows(story.pair, after=page.next)

    assert [each.kind for each in (*page.entries, *rest.entries)] == [
        "recording",
        *("withheld", "withheld", "withheld", "media_noted"),
        *("debt_discussed", "entered"),
    ]
    assert [each.verdict for each in rest.entries] == ["not_judged", "fine", "breach"]
    assert rest.next is None
    assert page.missing_media == (media.media_id,)
    assert page.irregularities == ()


def test_a_journal_is_shown_to_those_who_may_see_its_visit(story) -> None:
    pair = story.pair
    story.send(*story.entries(Circumstance(hardship="illness")))
    pair_sees = {"role": Role.FIELD_COLLECTOR, "person_id": pair.a.person_id}

    for who in ({}, pair_sees):
        kinds = [each.kind for each in shows(pair, **who).entries]
        assert kinds == ["recording", "withheld"]
    for role in (Role.BANK_OFFICER, Role.COMPLIANCE):
        kinds = [each.kind for each in shows(pair, role).entries]
        assert kinds == ["recording", "circumstance"]
    for role, who in (
        (Role.SUPERVISOR, {"agency_id": ids.new()}),
        (Role.FIELD_COLLECTOR, {"person_id": ids.new()}),
        (Role.COMPLAINTS_OFFICER, {}),
    ):
        with pytest.raises(NotFound):
            shows(pair, role, **who)


@pytest.mark.parametrize(
    "said",
    [
        *(PersonMet(relation="kin"), Disputed(claim="never_spent"), Circumstance()),
        *(WrongAddress(how="moved"), PaidByChannel(channel="app")),
    ],
)
def test_a_complaint_looks_to_the_agency_like_whatever_else_is_said(story, said) -> None:
    pair = story.pair
    story.send(*story.entries(said))
    story.send(*story.entries(ComplaintMade()))

    for who in ({}, {"role": Role.FIELD_COLLECTOR, "person_id": pair.a.person_id}):
        kinds = [each.kind for each in shows(pair, **who).entries]
        assert kinds[-2:] == ["withheld", "withheld"]
    kinds = [each.kind for each in shows(pair, Role.BANK_OFFICER).entries]
    assert kinds[-1] == "complaint"


# However it is sent, it ends the same

TOLD = (
    *THE_DEBTOR,
    CONSENT,
    PositionNoted(position=AT_THE_DOOR),
    Entered(),
    PersonMet(relation="spouse"),
    Objected(by="spouse"),
    Left(),
    Circumstance(),
    PaidByChannel(channel="app"),
)


def end(story: Story) -> object:
    """All that is left of a story, but when and in which order it arrived."""
    pair = story.pair
    visit = store.visit(story.pair.open("field_visit").shared, pair.visit)
    connection = pair.hears.connection
    row = connection.execute(select(visit_table).where(visit_table.c.id == pair.visit))
    waits = select(ahead_table.c.seq).where(ahead_table.c.joined_at.is_(None))
    head = select(head_table.c.seq, head_table.c.ahead, head_table.c.link)
    kinds = story.rows(journal_table, "seq", "kind", "link", "counts", "visit_id")
    return (
        kinds,
        story.rows(verdict_table, "seq", "verdict", "clauses"),
        visit.door.identified_at,
        visit.door.objection,
        visit.door.inside,
        visit.door.special,
        visit.door.person_met,
        row.one().state,
        connection.scalars(waits).all(),
        connection.execute(head.where(head_table.c.id == story.phone.device_id)).all(),
    )


def told_of(said: list[str]) -> list[str]:
    """What was told of the door, in no order: gaps are told of by who sees them."""
    return sorted(each for each in said if not each.endswith("journal_irregular"))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_parts_in_any_order_and_again_end_the_same(story, data) -> None:
    pair, connection = story.pair, story.pair.hears.connection
    story.phone.seq, story.phone.link = 0, GENESIS
    entries = story.entries(*TOLD)
    pair.watch.goes(minutes=1)
    now = pair.watch.now
    cuts = data.draw(st.lists(st.integers(1, len(entries) - 1), unique=True))
    edges = [0, *sorted(cuts), len(entries)]
    parts = [entries[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    again = data.draw(st.lists(st.sampled_from(parts)))
    order = data.draw(st.permutations([*parts, *again]))
    ends = []
    for sent in ([entries], order):
        inner = connection.begin_nested()
        said: list[str] = []
        for part in sent:
            pair.watch.now = now
            story.send(*part)
            said += pair.said
        pair.watch.now = now + timedelta(seconds=1)
        ends.append((end(story), told_of(said)))
        inner.rollback()
    pair.watch.now = now
    assert ends[0] == ends[1]
