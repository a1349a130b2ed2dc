"""An appointment at another place than the door, as the pair at the door makes it (S7)."""

import json
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from chassis import signatures
from proto import ids
from proto.base import Role, Sealed
from proto.decision import Outcome
from proto.dispatch import Place, Sheet
from proto.facts import Appointment, PersonMet, WrongAddress
from proto.field_visit import AppointmentRecorded, RecordJournal, ShowJournal, ShowVisit
from proto.journal import GENESIS, Entry
from proto.pack import CollectPack, Deed, Met
from proto.places import Position
from proto.signing import Signature, hashed
from services.field_visit import handlers
from services.field_visit.jobs.entries import body_of, fits
from services.field_visit.model import SEALED, journal_table, leave_table
from tests.acting import AT_THE_DOOR, MAINLAND
from tests.services.conftest import NOON
from tests.services.pairs import INTRODUCED, RECORDING, THE_DEBTOR, Pair, judged

WORDS = "街角那家咖啡馆，靠窗"
NINE = datetime.fromisoformat("2026-03-02T21:00:00+08:00")
CAFE = {"latitude": 31.2150, "longitude": 121.4400}
AT_THE_CAFE = Position(**CAFE, accuracy_m=8)


def named(**but) -> Appointment:
    """The debtor will be at a cafe from nine to ten."""
    said = {
        "starts_at": NINE,
        "ends_at": NINE + timedelta(hours=1),
        "place": "elsewhere",
        "where": WORDS,
        "place_class": "public",
        "proof": "spoken",
    }
    return Appointment(**said | but)


class Meeting(Pair):
    """A visit to the same case that goes where the debtor said, by their appointment."""

    def __init__(self, unit, watch, beside, appointment_id, place_class="public") -> None:
        self.by, self.place_class = appointment_id, place_class
        super().__init__(unit, watch, beside.books, beside=beside, writes=False)

    def planned(self):
        seal = self.hears.keyring.seal
        place = Place(**CAFE, place_class=self.place_class).model_dump_json()
        sheet = Sheet(
            debtor_name="陈建国",
            id_number="*0012",
            card_number="*1234",
            address="淮海路1号咖啡馆",
            named=WORDS,
        )
        there = {
            "appointment_id": self.by,
            "place": seal(self.case, "visit.place", place),
            "sheet": seal(self.case, "visit.sheet", sheet.model_dump_json()),
        }
        return super().planned().model_copy(update=there)


@pytest.fixture
def pair(unit, watch) -> Pair:
    """A pair who have the debtor before them."""
    pair = Pair(unit, watch, MAINLAND)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR, phone=pair.b)
    return pair


def recorded(pair) -> AppointmentRecorded:
    (event,) = (e for e in pair.events if e.type == AppointmentRecorded.topic())
    return AppointmentRecorded.model_validate(event.data)


def met(pair, unit, watch, at="2026-03-02T21:05:00+08:00", **but) -> Meeting:
    """The pair of another visit, on its way to the cafe."""
    pair.record(named(**but))
    by = recorded(pair).appointment_id
    meeting = Meeting(unit, watch, pair, by, but.get("place_class", "public"))
    watch.is_set(at)
    return meeting


@pytest.mark.parametrize(
    ("but", "where", "kind"),
    [
        ({"where": None}, "where", "where_missing"),
        ({"where": "  "}, "where", "string_pattern_mismatch"),
        ({"where": ""}, "where", "string_too_short"),
        ({"where": "x" * 201}, "where", "string_too_long"),
        ({"place": "here"}, "where", "where_of_here"),
        ({"place": "here", "where": None}, "place_class", "where_of_here"),
    ],
)
def test_another_place_is_named_and_this_one_is_not(but, where, kind) -> None:
    with pytest.raises(ValidationError) as refusal:
        named(**but)

    found = [(each["loc"], each["type"]) for each in refusal.value.errors()]
    assert ((where,), kind) in found


@pytest.mark.parametrize("change", ["no where", "here"])
def test_a_phone_is_told_by_a_pointer_what_is_wrong_and_it_is_kept(pair, change) -> None:
    journal = pair.journal(named()).model_dump(mode="json")
    fact = journal["entries"][0]["fact"]
    if change == "here":
        fact["place"] = "here"
    else:
        del fact["where"]
    head = RecordJournal(visit_id=pair.visit, journal=journal).journal.head()
    value = signatures.sign(pair.a.private, head).model_dump(mode="json")
    journal["signature"] = value

    command = RecordJournal(visit_id=pair.visit, journal=journal)
    told = pair.does(handlers.record_journal, command)

    (problem, *_) = told.problems
    assert problem.pointer.startswith("/journal/entries/0/fact")
    assert problem.pointer.endswith("/where")
    assert (told.new, pair.said) == (1, ["field_visit.journal_irregular"])


def test_a_phone_of_before_that_says_here_signs_the_same_bytes() -> None:
    hour = {"starts_at": NINE, "ends_at": NINE + timedelta(hours=1), "proof": "spoken"}
    named = {"visit_id": ids.new(), "fact": Appointment(**hour)}
    entry = Entry(seq=1, at=NOON, prev=GENESIS, **named)

    written = entry.model_dump(mode="json", exclude_none=True)["fact"]
    assert set(written) == {"kind", "starts_at", "ends_at", "place", "proof"}


def test_where_is_told_to_dispatch_sealed_and_to_nobody_in_the_clear(pair) -> None:
    pair.record(named())

    told = recorded(pair)
    assert (told.place, told.place_class, told.proof) == ("elsewhere", "public", "spoken")
    opened = pair.hears.keyring.open(told.where, pair.case, "visit.where")
    assert opened == WORDS
    rows = pair.hears.connection.execute(select(journal_table.c.fact)).scalars().all()
    leaves = pair.hears.connection.execute(select(leave_table.c.body)).scalars().all()
    clear = f"{rows}{leaves}{[each.model_dump_json() for each in pair.events]}"
    assert "咖啡" not in clear


def test_its_entry_stays_verifiable_by_link_and_signature(pair) -> None:
    pair.record(named())
    row = pair.hears.connection.execute(
        select(journal_table).where(journal_table.c.kind == "appointment")
    ).one()
    box = Sealed.model_validate(row.fact[SEALED])
    words = pair.hears.keyring.open(box, pair.case, "visit.where")

    assert (json.loads(words)["where"], hashed(words.encode())) == (WORDS, row.hidden)
    assert fits(row, body_of(row))
    signed = Signature(value=row.signature)
    assert signatures.verifies(pair.a.public_key, signed, row.link.encode())


def test_both_phones_may_tell_of_the_same_appointment(pair) -> None:
    pair.record(named())
    first = pair.said
    pair.record(named(where="咖啡馆"), phone=pair.b)

    assert (first, pair.said) == (["field_visit.appointment_recorded"], [])


@pytest.mark.parametrize(
    "but",
    [
        {"starts_at": NOON, "ends_at": NINE},  # has begun, and is too long
        {"ends_at": NINE + timedelta(hours=4, seconds=1)},
        {"starts_at": NINE + timedelta(days=31), "ends_at": NINE + timedelta(days=31.1)},
    ],
)
def test_the_hour_is_to_come_soon_and_no_longer_than_a_talk(pair, but) -> None:
    pair.record(named(**but))

    assert pair.said == []


def test_who_is_not_known_to_be_the_debtor_names_no_place(unit, watch) -> None:
    pair = Pair(unit, watch, MAINLAND)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, INTRODUCED, PersonMet(relation="debtor"), named(), phone=pair.b)

    assert pair.said == []


def test_at_the_cafe_the_hour_excuses_and_nothing_else_does(pair, unit, watch) -> None:
    meeting = met(pair, unit, watch)

    came = meeting.check_in(meeting.a, meeting.b, at=AT_THE_CAFE)
    assert judged(came) == (Outcome.PROCEED, [])
    assert judged(meeting.may_talk(RECORDING))[0] is Outcome.STOP
    assert judged(meeting.may_talk(*THE_DEBTOR)) == (Outcome.PROCEED, [])
    assert judged(meeting.may_enter(reason=None)) == (Outcome.STOP, ["4.28", "4.29"])


def test_the_pair_of_the_cafe_does_not_go_to_the_home_instead(pair, unit, watch) -> None:
    meeting = met(pair, unit, watch)

    refused = meeting.check_in(meeting.a, meeting.b, at=AT_THE_DOOR)
    assert refused.decision.outcome is not Outcome.PROCEED
    assert {reason.key for reason in refused.decision.reasons} == {"visit.at_the_address"}


def test_nobody_comes_to_the_door_by_an_appointment_at_the_cafe(pair, watch) -> None:
    pair.record(named())
    watch.is_set("2026-03-02T21:05:00+08:00")

    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["4.05"])


def test_nobody_goes_to_the_cafe_by_an_hour_named_for_the_door(pair, unit, watch) -> None:
    pair.record(
        Appointment(starts_at=NINE, ends_at=NINE + timedelta(hours=1), proof="spoken"),
        named(starts_at=NINE - timedelta(hours=2), ends_at=NINE - timedelta(hours=1)),
    )
    events = [e for e in pair.events if e.data.get("place") == "elsewhere"]
    meeting = Meeting(
        unit, watch, pair, AppointmentRecorded(**events[0].data).appointment_id
    )
    watch.is_set("2026-03-02T21:05:00+08:00")

    late = meeting.check_in(meeting.a, meeting.b, at=AT_THE_CAFE)
    assert "4.05" in judged(late)[1]


def test_the_hour_ends_to_the_second(pair, unit, watch) -> None:
    """By the rules alone; the plan of such a visit is not good for longer either."""
    ends = NINE + timedelta(hours=1)
    meeting = met(pair, unit, watch, (ends - timedelta(minutes=31)).isoformat())
    assert judged(meeting.check_in(meeting.a, meeting.b, at=AT_THE_CAFE))[1] == []
    leave = select(leave_table.c.used_by).where(leave_table.c.id == meeting.by)
    assert meeting.hears.connection.scalar(leave) == meeting.visit

    watch.is_set(ends.isoformat())  # asked a second later
    assert "4.05" in judged(meeting.check_in(meeting.a, meeting.b, at=AT_THE_CAFE))[1]


@pytest.mark.parametrize("place_class", ["workplace", "school", "hospital", "funeral"])
def test_a_place_that_is_closed_without_a_plan_is_closed_here_too(
    pair, unit, watch, place_class
) -> None:
    meeting = met(pair, unit, watch, place_class=place_class)

    refused = judged(meeting.check_in(meeting.a, meeting.b, at=AT_THE_CAFE))
    assert (refused[0], {"4.21", "4.22"} & set(refused[1]) != set()) == (Outcome.STOP, True)


def test_a_public_place_is_open_by_an_appointment_alone(pair, unit, watch) -> None:
    meeting = Meeting(unit, watch, pair, None)

    refused = judged(meeting.check_in(meeting.a, meeting.b, at=AT_THE_CAFE))
    assert {"4.21", "4.22"} & set(refused[1])


def test_here_is_no_place_to_come_back_to_at_the_cafe(pair, unit, watch) -> None:
    meeting = met(pair, unit, watch)
    meeting.check_in(meeting.a, meeting.b, at=AT_THE_CAFE)
    later = NINE + timedelta(minutes=40)
    again = Appointment(starts_at=later, ends_at=later + timedelta(hours=1), proof="spoken")

    meeting.record(RECORDING, *THE_DEBTOR, again)
    assert meeting.said == []
    meeting.record(named(starts_at=later, ends_at=later + timedelta(hours=1)))
    assert meeting.said == ["field_visit.appointment_recorded"]


def test_who_is_not_at_the_cafe_has_no_wrong_address(pair, unit, watch) -> None:
    meeting = met(pair, unit, watch)
    meeting.check_in(meeting.a, meeting.b, at=AT_THE_CAFE)
    meeting.record(WrongAddress(how="never_here"))

    assert "field_visit.address_found_wrong" not in meeting.said
    assert judged(meeting.may_talk())[0] is Outcome.STOP


def test_the_words_are_on_the_sheet_of_the_pair_alone(pair, unit, watch) -> None:
    meeting = met(pair, unit, watch)
    ask = ShowVisit(visit_id=meeting.visit)
    mine = meeting.does(handlers.show_visit, ask)
    boss = handlers.show_visit(ask, unit("field_visit", Role.SUPERVISOR, pair.agency))
    bank = handlers.show_visit(ask, unit("field_visit", Role.BANK_OFFICER))

    assert mine.sheet.named == WORDS
    assert (boss.sheet, bank.sheet) == (None, None)
    journal = ShowJournal(visit_id=pair.visit, after=0, limit=50)
    shown = handlers.show_journal(journal, unit("field_visit", Role.BANK_OFFICER))
    assert "咖啡" not in shown.model_dump_json()


def packed(pair, phone):
    for each in (pair.a, pair.b):
        handlers.note_phone(pair.device_standing(each), pair.open("field_visit"))
    command = CollectPack(device_id=phone.device_id)
    return pair.does(handlers.collect_pack, command, phone).pack


def test_the_pack_of_the_pair_has_the_place_its_class_and_the_words(
    pair, unit, watch
) -> None:
    meeting = met(pair, unit, watch, at="2026-03-02T20:00:00+08:00")

    pack = packed(meeting, meeting.a)
    (visit,) = pack.visits
    assert (visit.place_class, visit.sheet.named) == ("public", WORDS)
    assert visit.point.model_dump(include={*CAFE}) == CAFE
    (row,) = (
        row for row in pack.tables[visit.table].rows[Deed.CHECK_IN] if Met.NOBODY in row.met
    )
    told = {second: pack.answers[number].outcome for second, number in row.turns}
    allowed = [second for second, outcome in told.items() if outcome is Outcome.PROCEED]
    assert min(allowed) == 21 * 3600  # from the very second that was named, for its hour
    assert max(allowed) < 22 * 3600
    others = packed(pair, pair.a)
    assert WORDS not in others.model_dump_json()
