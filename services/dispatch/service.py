"""The doors into dispatch. Nothing is decided here."""

from chassis.entrypoints import Service, answers
from chassis.operations import only
from chassis.unit import Unit
from proto.base import Role
from proto.dispatch import (
    CaseShown,
    CasesOpened,
    HoldCase,
    OpenCases,
    PlanVisits,
    ResumeCase,
    VisitsPlanned,
)
from proto.letters import AuthorisationStanding
from proto.workforce import AgencyStanding, PersonStanding
from services.dispatch import handlers, store


class Dispatch(Service):
    name = "dispatch"
    keeps = (AgencyStanding, PersonStanding, AuthorisationStanding)

    @answers(OpenCases, may=only(Role.BANK_OFFICER))
    def open_cases(self, command: OpenCases, unit: Unit) -> CasesOpened:
        return handlers.open_cases(command, unit)

    @answers(PlanVisits, may=only(Role.SUPERVISOR))
    def plan_visits(self, command: PlanVisits, unit: Unit) -> VisitsPlanned:
        return handlers.plan_visits(command, unit)

    @answers(HoldCase, may=only(Role.BANK_OFFICER), gather=store.gather)
    def hold_case(self, command: HoldCase, unit: Unit) -> CaseShown:
        return handlers.hold_case(command, unit)

    @answers(ResumeCase, may=only(Role.BANK_OFFICER), gather=store.gather)
    def resume_case(self, command: ResumeCase, unit: Unit) -> CaseShown:
        return handlers.resume_case(command, unit)
