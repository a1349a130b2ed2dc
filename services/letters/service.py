"""The doors into letters. Nothing is decided here."""

from chassis.entrypoints import Service, answers
from chassis.operations import only
from chassis.unit import Unit
from proto.base import Role
from proto.letters import (
    ApproveTemplate,
    IssueAuthorisations,
    Issued,
    RevokeAuthorisation,
    TemplateShown,
)
from proto.workforce import AgencyStanding, PersonStanding
from services.letters import handlers, store


class Letters(Service):
    name = "letters"
    keeps = (AgencyStanding, PersonStanding)

    @answers(IssueAuthorisations, may=only(Role.BANK_OFFICER))
    def issue_authorisations(self, command: IssueAuthorisations, unit: Unit) -> Issued:
        return handlers.issue_authorisations(command, unit)

    @answers(RevokeAuthorisation, may=only(Role.BANK_OFFICER), gather=store.gather)
    def revoke_authorisation(self, command: RevokeAuthorisation, unit: Unit) -> Issued:
        return handlers.revoke_authorisation(command, unit)

    @answers(ApproveTemplate, may=only(Role.BANK_OFFICER), gather=store.gather_templates)
    def approve_template(self, command: ApproveTemplate, unit: Unit) -> TemplateShown:
        return handlers.approve_template(command, unit)
