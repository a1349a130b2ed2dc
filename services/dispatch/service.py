"""The doors into dispatch. Nothing is decided here."""

from chassis.entrypoints import Service, answers
from chassis.unit import Unit
from proto.dispatch import CasesOpened, OpenCases, PlanVisits, VisitsPlanned
from proto.letters import AuthorisationStanding
from proto.workforce import AgencyStanding, PersonStanding
from services.dispatch import handlers


class Dispatch(Service):
    name = "dispatch"
    keeps = (AgencyStanding, PersonStanding, AuthorisationStanding)

    @answers(OpenCases)
    def open_cases(self, command: OpenCases, unit: Unit) -> CasesOpened:
        return handlers.open_cases(command, unit)

    @answers(PlanVisits)
    def plan_visits(self, command: PlanVisits, unit: Unit) -> VisitsPlanned:
        return handlers.plan_visits(command, unit)
