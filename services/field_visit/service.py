"""The doors into field_visit. Nothing is decided here."""

from chassis.entrypoints import Service, answers, hears
from chassis.operations import only
from chassis.unit import Unit
from proto.base import Role
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
from services.field_visit import handlers, store

VISIT_READERS = (
    Role.FIELD_COLLECTOR,
    Role.SUPERVISOR,
    Role.BANK_OFFICER,
    Role.COMPLIANCE,
)


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

    @hears(CaseStanding)
    def case(self, event: CaseStanding, unit: Unit) -> None:
        handlers.withdraw(event, unit)

    @hears(AgencyStanding)
    def agency(self, event: AgencyStanding, unit: Unit) -> None:
        handlers.withdraw(event, unit)

    @hears(PersonStanding)
    def person(self, event: PersonStanding, unit: Unit) -> None:
        handlers.withdraw(event, unit)

    @hears(DeviceStanding)
    def device(self, event: DeviceStanding, unit: Unit) -> None:
        handlers.withdraw(event, unit)

    @hears(AuthorisationStanding)
    def authorisation(self, event: AuthorisationStanding, unit: Unit) -> None:
        handlers.withdraw(event, unit)

    @answers(CheckIn, may=handlers.of_the_pair, gather=store.gather)
    def check_in(self, command: CheckIn, unit: Unit) -> Clearance:
        return handlers.check_in(command, unit)

    @answers(RecordJournal, may=handlers.of_the_pair, gather=store.gather)
    def record_journal(self, command: RecordJournal, unit: Unit) -> Received:
        return handlers.record_journal(command, unit)

    @answers(DiscussDebt, may=handlers.of_the_pair, gather=store.gather)
    def discuss_debt(self, command: DiscussDebt, unit: Unit) -> Clearance:
        return handlers.discuss_debt(command, unit)

    @answers(EnterPremises, may=handlers.of_the_pair, gather=store.gather)
    def enter_premises(self, command: EnterPremises, unit: Unit) -> Clearance:
        return handlers.enter_premises(command, unit)

    @answers(CheckOut, may=handlers.of_the_pair, gather=store.gather)
    def check_out(self, command: CheckOut, unit: Unit) -> Closed:
        return handlers.check_out(command, unit)

    @answers(ShowVisit, may=only(*VISIT_READERS))
    def show_visit(self, command: ShowVisit, unit: Unit) -> VisitShown:
        return handlers.show_visit(command, unit)

    @answers(ListVisits, may=only(*VISIT_READERS))
    def list_visits(self, command: ListVisits, unit: Unit) -> VisitList:
        return handlers.list_visits(command, unit)
