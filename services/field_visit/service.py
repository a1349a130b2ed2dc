"""The doors into field_visit. Nothing is decided here."""

from chassis.entrypoints import Service, answers, hears
from chassis.unit import Unit
from proto.dispatch import CaseStanding, VisitPlanned
from proto.field_visit import (
    CheckIn,
    CheckOut,
    Clearance,
    Closed,
    DiscussDebt,
    EnterPremises,
    ListVisits,
    Received,
    RecordJournal,
    ShowVisit,
    VisitList,
    VisitShown,
)
from proto.letters import AuthorisationStanding
from proto.workforce import AgencyStanding, DeviceStanding, PersonStanding
from services.field_visit import handlers


class FieldVisit(Service):
    name = "field_visit"
    keeps = (
        AgencyStanding,
        PersonStanding,
        DeviceStanding,
        AuthorisationStanding,
        CaseStanding,
    )

    @hears(VisitPlanned)
    def plan(self, event: VisitPlanned, unit: Unit) -> None:
        handlers.plan(event, unit)

    @answers(CheckIn)
    def check_in(self, command: CheckIn, unit: Unit) -> Clearance:
        return handlers.check_in(command, unit)

    @answers(RecordJournal)
    def record_journal(self, command: RecordJournal, unit: Unit) -> Received:
        return handlers.record_journal(command, unit)

    @answers(DiscussDebt)
    def discuss_debt(self, command: DiscussDebt, unit: Unit) -> Clearance:
        return handlers.discuss_debt(command, unit)

    @answers(EnterPremises)
    def enter_premises(self, command: EnterPremises, unit: Unit) -> Clearance:
        return handlers.enter_premises(command, unit)

    @answers(CheckOut)
    def check_out(self, command: CheckOut, unit: Unit) -> Closed:
        return handlers.check_out(command, unit)

    @answers(ShowVisit)
    def show_visit(self, command: ShowVisit, unit: Unit) -> VisitShown:
        return handlers.show_visit(command, unit)

    @answers(ListVisits)
    def list_visits(self, command: ListVisits, unit: Unit) -> VisitList:
        return handlers.list_visits(command, unit)
