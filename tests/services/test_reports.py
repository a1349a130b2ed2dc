"""The report of a visit: drawn after each seal, given to whoever says why, gone with it."""

import base64

import pytest
from sqlalchemy import select

from chassis import tables
from chassis.errors import Conflict, Forbidden, NotFound
from chassis.jobs import Job
from chassis.settings import settings
from evidence.suites import SUITES
from proto import ids
from proto.base import Role
from proto.evidence import CorrectVisit
from proto.facts import PersonMet, Relation
from proto.field_visit import Ending
from proto.looking import Looked, LookReason, ShowLooks
from proto.report import NoteReport, ReportShown, ShowReport
from services.field_visit import handlers
from services.field_visit.jobs import JOBS
from services.field_visit.jobs.report import drawing, paper
from services.field_visit.jobs.report.laying import Page
from services.field_visit.model import REPORT, report_table
from tests.services import sealing
from tests.services.conftest import HAS_FONT
from tests.services.pairs import CONSENT, THE_DEBTOR, Pair
from tests.services.printed import pages, squeezed
from tests.services.sealing import Worker

pytestmark = HAS_FONT


class Reported(Pair):
    """A pair whose visit is sealed and reported."""

    def seals(self) -> None:
        Worker(self).looks()

    def both_leave(self) -> None:
        self.check_out(Ending.TALKED, self.a)
        self.check_out(Ending.TALKED, self.b)

    def jobs(self) -> list[Job]:
        its = tables.job.c
        mine = select(tables.job).where(its.kind == REPORT, its.subject == str(self.case))
        mine = mine.order_by(its.run_at, its.id)
        return [
            Job(row.id, "field_visit", row.kind, row.task, row.subject, "w", "t", 1)
            for row in self.hears.connection.execute(mine)
        ]

    def draws(self) -> NoteReport | None:
        """What a worker tells of the newest job, however long its children take."""
        patient = "SET LOCAL idle_in_transaction_session_timeout = 0"
        self.hears.connection.exec_driver_sql(patient)
        engine = Worker(self).engine
        return JOBS[REPORT](self.jobs()[-1], engine, lambda: None)

    def keeps(self, told: NoteReport) -> None:
        unit = self.open("field_visit")
        handlers.note_report(told, unit)
        unit.settle()

    def shows(self, role: Role = Role.COMPLIANCE, **but) -> ReportShown:
        unit = self.open("field_visit", role, but.get("agency", self.agency))
        command = ShowReport(visit_id=self.visit, reason=LookReason.COURT)
        shown = handlers.show_report(command, unit)
        unit.settle()
        return shown

    def reads(self, role: Role = Role.COMPLIANCE) -> str:
        pdf = base64.b64decode(self.shows(role).pdf)
        assert pages(pdf) == 1
        return squeezed(pdf)


@pytest.fixture(autouse=True)
def drawn_here(monkeypatch) -> None:
    """Children take a second where ten of them draw; one test has one."""

    def here(page: Page, *_: object) -> bytes:
        return paper.compiled(page.task())

    monkeypatch.setattr(drawing, "drawn", here)


@pytest.fixture
def met(unit, watch, store) -> Reported:
    pair = Reported(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.record(*THE_DEBTOR)
    return pair


@pytest.fixture
def pair(met) -> Reported:
    met.may_enter(CONSENT)
    met.both_leave()
    met.seals()
    return met


def test_a_report_is_drawn_after_each_seal_and_says_what_was_sealed(
    pair, monkeypatch
) -> None:
    monkeypatch.setattr(drawing, "drawn", paper.drawn)
    pair.keeps(pair.draws())

    said = pair.reads()
    (part,) = sealing.plan(pair).parts
    head = SUITES["international"].hex(part.head.encode())
    for each in (
        f"委托银行Bank{settings().bank_name}",
        f"外访编号Visit{pair.visit}",
        "案件编号CaseC1授权书AuthorisationSQ-1外访员Collectors1、1客户Debtor陈建国",
        "结果Outcome已面谈talked；两人均已签退bothcheckedout",
        "遇见Met客户本人thedebtor；已核对身份identified",
        f"sha256:{head}",
        "封存等级Grade",
    ):
        assert each in said
    assert "未披露" not in said


def test_a_later_part_is_another_report_and_an_earlier_one_comes_too_late(pair) -> None:
    first = pair.draws()
    pair.watch.goes(minutes=2)
    unit = pair.open("field_visit", Role.COMPLIANCE)
    correction = CorrectVisit(
        correction_id=ids.new(), visit_id=pair.visit, text="三单元是四单元"
    )
    handlers.correct_visit(correction, unit)
    unit.settle()
    pair.watch.goes(minutes=2)
    pair.seals()

    assert len(pair.jobs()) == 2
    pair.keeps(pair.draws())
    pair.keeps(first)

    assert pair.shows().part == 2
    assert "更正Corrections1项" in pair.reads()


def test_an_agency_is_not_told_who_was_met(pair) -> None:
    pair.keeps(pair.draws())

    said = pair.reads(Role.SUPERVISOR)
    assert "遇见Met本副本未披露" in said
    assert "客户本人" not in said
    assert "客户Debtor本副本" not in said


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.BANK_OFFICER, Role.COMPLIANCE])
def test_who_is_given_it_is_kept_with_the_reason(pair, role) -> None:
    pair.keeps(pair.draws())
    pair.shows(role)

    unit = pair.open("field_visit", Role.COMPLIANCE)
    (look,) = handlers.show_looks(ShowLooks(visit_id=pair.visit), unit).looks
    assert (look.what, look.role, look.reason) == (Looked.REPORT, role, LookReason.COURT)


def test_another_agency_is_told_of_no_visit(pair) -> None:
    pair.keeps(pair.draws())

    with pytest.raises(NotFound):
        pair.shows(Role.SUPERVISOR, agency=ids.new())


def test_where_somebody_confused_was_met_only_the_bank_has_it(met) -> None:
    met.record(PersonMet(relation=Relation.PARENT, capable=False))
    met.both_leave()
    met.seals()
    met.keeps(met.draws())

    with pytest.raises(Forbidden, match="evidence-for-the-bank"):
        met.shows(Role.SUPERVISOR)
    assert "父母parent" in met.reads(Role.BANK_OFFICER)


def test_before_a_seal_there_is_none_and_it_is_said_what_is_awaited(met) -> None:
    with pytest.raises(Conflict, match="visit-not-over"):
        met.shows()
    met.both_leave()
    with pytest.raises(Conflict, match="not-sealed-yet"):
        met.shows()


def test_until_it_is_drawn_one_asks_again(pair) -> None:
    with pytest.raises(Conflict, match="report-not-drawn-yet"):
        pair.shows()


def test_what_lies_in_the_table_names_nobody(pair) -> None:
    pair.keeps(pair.draws())

    rows = list(pair.hears.connection.execute(select(report_table)))
    assert {row.for_agency for row in rows} == {True, False}
    for row in rows:
        assert (row.pdf["key_id"], row.pdf["purpose"]) == (str(pair.case), "visit.report")


def test_a_shredded_case_takes_its_report_with_it_and_gets_no_other(pair) -> None:
    pair.keeps(pair.draws())
    delete = "DELETE FROM keyring.key WHERE key_id = %s"
    pair.hears.connection.exec_driver_sql(delete, (pair.case,))

    with pytest.raises(Conflict, match="report-erased"):
        pair.shows()
    assert pair.draws() is None


def test_drawn_twice_it_is_the_same(pair) -> None:
    pair.keeps(pair.draws())
    first = pair.shows().pdf
    pair.watch.goes(minutes=9)
    pair.keeps(pair.draws())

    assert pair.shows().pdf == first
