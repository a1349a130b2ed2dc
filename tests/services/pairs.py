"""Two collectors at one door, for every test of what may happen there."""

from datetime import date, timedelta

from sqlalchemy import select

from proto import badges, ids
from proto.badges import normal
from proto.base import Role
from proto.contact import ThirdPartyStanding
from proto.decision import Outcome
from proto.dispatch import CaseStanding, CaseState, Sheet, VisitPlanned
from proto.facts import (
    ConsentGiven,
    Identified,
    Introduced,
    PersonMet,
    Recording,
    ShiftStarted,
)
from proto.field_visit import (
    AskThirdParty,
    AtTheDoor,
    CheckIn,
    CheckOut,
    CollectCash,
    DiscussDebt,
    Ending,
    EnterPremises,
    HandOverLetter,
    RecordJournal,
)
from proto.letters import AuthorisationStanding, LetterState
from proto.places import Point
from proto.recovery import CashStanding
from proto.workforce import AgencyStanding, DeviceStanding, DeviceState, PersonStanding
from services.field_visit import handlers
from services.field_visit.model import Head, head_table, visit_table
from tests.acting import AT_THE_DOOR, BOOKS, DOOR, Phone, side_by_side
from tests.services.conftest import NOON, topics

RECORDING = Recording(announced=True, running=True)
INTRODUCED = Introduced(mandate_declared=True, badge_shown=True, letter_shown=True)
THE_DEBTOR = (
    INTRODUCED,
    PersonMet(relation="debtor"),
    Identified(name_said=True, items=("card_tail", "birth_year")),
)
CONSENT = ConsentGiven(answer="given", by="debtor")
REASON = "limited_mobility"


class Pair:
    """Two collectors at one door, and the standings that let them work."""

    def __init__(
        self, unit, watch, books=BOOKS, paper=None, beside=None, writes=True
    ) -> None:
        """`writes`: the shifts of both begin by an entry, the first one of each phone."""
        self.open, self.watch, self.books, self.paper = unit, watch, books, paper
        self.badge, self.authority, self.permit_id = badges.new(), ids.new(), ids.new()
        self.agency, self.case, self.visit, self.letter = (ids.new() for _ in range(4))
        if beside:  # another visit to the same case
            self.agency, self.case = beside.agency, beside.case
        self.a, self.b = Phone(ids.new()), Phone(ids.new())
        self.hears = unit("field_visit")
        for standing in self.standings():
            self.hears.keep(standing)
        handlers.plan(self.planned(), self.hears)
        self.hears.settle()
        self.hears.rows.clear()
        for phone in (self.a, self.b):
            self.begins_shift(phone) if writes else self.is_on_duty(phone)
        self.said: list[str] = []

    def is_on_duty(self, phone) -> None:
        """Have a phone of the pair on duty that has written nothing yet."""
        handlers.note_phone(self.device_standing(phone), self.hears)
        head = Head(phone.device_id, phone.person_id)
        began = {"on_duty": True, "duty_at": NOON - timedelta(minutes=1)}
        row = {"id": head.id, "person_id": head.person_id} | head.row() | began
        self.hears.connection.execute(head_table.insert().values(**row))

    def begins_shift(self, phone) -> None:
        """Let a phone of the pair begin its shift, a minute before anything else."""
        handlers.note_phone(self.device_standing(phone), self.hears)
        journal = phone.writes(self.visit, NOON - timedelta(minutes=1), ShiftStarted())
        unit = self.open("field_visit", Role.FIELD_COLLECTOR, self.agency, phone.person_id)
        handlers.record_journal(RecordJournal(visit_id=self.visit, journal=journal), unit)
        unit.settle()

    def standings(self):
        yield AgencyStanding(agency_id=self.agency, code="a", active=True, version=1)
        yield self.case_standing()
        yield self.letter_standing()
        for phone in (self.a, self.b):
            yield self.person_standing(phone)
            yield self.device_standing(phone)

    def case_standing(self, version=1, **but) -> CaseStanding:
        values = {
            "case_id": self.case,
            "number": "C1",
            "agency_id": self.agency,
            "state": CaseState.PLACED,
            "books": self.books,
        }
        return CaseStanding(**values | but, version=version)

    def letter_standing(self, version=1, **but) -> AuthorisationStanding:
        values = {
            "letter_id": self.letter,
            "number": "SQ-1",
            "agency_id": self.agency,
            "people": (self.a.person_id, self.b.person_id),
            "valid_from": NOON.date(),
            "valid_until": NOON.date(),
            "state": LetterState.ISSUED,
        }
        return AuthorisationStanding(**values | but, version=version)

    def person_standing(self, phone, version=1, **but) -> PersonStanding:
        values = {
            "person_id": phone.person_id,
            "agency_id": self.agency,
            "staff_no": "1",
            "in_service": True,
            "certified_from": date(2026, 1, 1),
            "certified_until": date(2026, 12, 31),
        }
        return PersonStanding(**values | but, version=version)

    def device_standing(self, phone, version=1, **but) -> DeviceStanding:
        values = {
            "device_id": phone.device_id,
            "person_id": phone.person_id,
            "state": DeviceState.ENROLLED,
            "public_key": phone.public_key,
        }
        return DeviceStanding(**values | but, version=version)

    def planned(self) -> VisitPlanned:
        sheet = Sheet(
            debtor_name="陈建国", id_number="*0012", card_number="*1234", address="x"
        )
        seal = self.hears.keyring.seal
        return VisitPlanned(
            visit_id=self.visit,
            case_id=self.case,
            agency_id=self.agency,
            collectors=(self.a.person_id, self.b.person_id),
            letter_id=self.letter,
            place=seal(self.case, "visit.place", Point(**DOOR).model_dump_json()),
            sheet=seal(self.case, "visit.sheet", sheet.model_dump_json()),
            zone="Asia/Shanghai",
            not_before=NOON - timedelta(hours=12),
            not_after=NOON + timedelta(hours=12),
            books=self.books,
            badge=seal(self.case, "visit.badge", self.badge),
            badge_blind=self.hears.keyring.blind("visit.badge", normal(self.badge)),
            paper=self.paper,
        )

    def does(self, handle, command, phone=None, role=Role.FIELD_COLLECTOR):
        """Carry a command out as a collector, and note what was said."""
        person_id = (phone or self.a).person_id
        self.watch.goes(seconds=1)
        unit = self.open("field_visit", role, self.agency, person_id)
        if isinstance(command, AtTheDoor):
            handlers.of_the_pair(command, unit)
        reply = handle(command, unit)
        unit.settle()
        self.said = topics(unit)
        self.events = unit.said
        return reply

    def check_in(self, *phones, sent_by=None, at=AT_THE_DOOR):
        present = self.side_by_side(*phones, at=at)
        command = CheckIn(visit_id=self.visit, present=present)
        self.cleared_at = self.watch.now + timedelta(seconds=1)
        return self.does(handlers.check_in, command, sent_by or phones[0])

    def side_by_side(self, *phones, at=AT_THE_DOOR):
        """The presences of these phones; of two, the second answers the first."""
        return side_by_side(phones, self.visit, self.nonce, self.watch.now, at)

    @property
    def nonce(self):
        query = select(visit_table.c.nonce).where(visit_table.c.id == self.visit)
        return self.hears.connection.scalar(query)

    def journal(self, *facts, phone=None):
        return (phone or self.a).writes(self.visit, self.watch.now, *facts)

    def record(self, *facts, phone=None):
        command = RecordJournal(
            visit_id=self.visit, journal=self.journal(*facts, phone=phone)
        )
        return self.does(handlers.record_journal, command, phone)

    def may_talk(self, *facts):
        journal = self.journal(*facts) if facts else None
        command = DiscussDebt(visit_id=self.visit, journal=journal)
        return self.does(handlers.discuss_debt, command)

    def may_enter(self, *facts, reason=REASON):
        journal = self.journal(*facts) if facts else None
        command = EnterPremises(visit_id=self.visit, reason=reason, journal=journal)
        return self.does(handlers.enter_premises, command)

    def may_take(self, amount="3000.00", *facts, phone=None, **but):
        journal = self.journal(*facts, phone=phone) if facts else None
        command = CollectCash(visit_id=self.visit, amount=amount, journal=journal, **but)
        return self.does(handlers.collect_cash, command, phone)

    def may_give(self, how, *facts):
        journal = self.journal(*facts) if facts else None
        command = HandOverLetter(visit_id=self.visit, how=how, journal=journal)
        return self.does(handlers.hand_over_letter, command)

    def may_ask(self, *facts, purpose="locate"):
        journal = self.journal(*facts) if facts else None
        command = AskThirdParty(visit_id=self.visit, purpose=purpose, journal=journal)
        return self.does(handlers.ask_third_party, command)

    def cash(self, version=1, **but) -> CashStanding:
        """The bank's leave to take cash here, as recovery publishes it."""
        values = {
            "case_id": self.case,
            "authority_id": self.authority,
            "reason": "limited_mobility",
            "cap": "5000.00",
            "currency": "CNY",
            "good_until": self.watch.now + timedelta(hours=8),
            "state": "granted",
        }
        return CashStanding(**values | but, version=version)

    def permit(self, version=1, **but) -> ThirdPartyStanding:
        """The bank's leave to ask one third party, as contact publishes it."""
        values = {
            "case_id": self.case,
            "permit_id": self.permit_id,
            "good_until": self.watch.now + timedelta(hours=8),
            "state": "open",
        }
        return ThirdPartyStanding(**values | but, version=version)

    def hears_of(self, standing) -> None:
        """Take in what may be used once."""
        unit = self.open("field_visit")
        if isinstance(standing, CashStanding):
            handlers.keep_cash(standing, unit)
        else:
            handlers.keep_third_party(standing, unit)
        unit.settle()

    def check_out(self, ending=Ending.TALKED, phone=None):
        command = CheckOut(visit_id=self.visit, ending=ending)
        return self.does(handlers.check_out, command, phone)

    def hear(self, standing) -> None:
        unit = self.open("field_visit")
        unit.keep(standing)
        handlers.withdraw(standing, unit)
        unit.settle()
        self.said, self.events = topics(unit), unit.said


def judged(clearance) -> tuple[Outcome, list[str]]:
    clauses = dict.fromkeys(reason.clause for reason in clearance.decision.reasons)
    return clearance.decision.outcome, list(clauses)
