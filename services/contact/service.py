"""The doors into contact. Nothing is decided here."""

from chassis.entrypoints import Service, answers, hears
from chassis.operations import only
from chassis.unit import Unit
from proto.base import Role
from proto.contact import PermitThirdParty, RevokeThirdPartyPermit, ThirdPartyPermit
from proto.dispatch import CaseStanding
from proto.field_visit import ThirdPartyMayBeAsked
from services.contact import handlers, store


class Contact(Service):
    name = "contact"
    keeps = (CaseStanding,)

    @hears(ThirdPartyMayBeAsked)
    def use(self, event: ThirdPartyMayBeAsked, unit: Unit) -> None:
        handlers.use(event, unit)

    @answers(PermitThirdParty, may=only(Role.BANK_OFFICER), gather=store.gather)
    def permit_third_party(self, command: PermitThirdParty, unit: Unit) -> ThirdPartyPermit:
        return handlers.permit_third_party(command, unit)

    @answers(RevokeThirdPartyPermit, may=only(Role.BANK_OFFICER), gather=store.gather)
    def revoke_third_party_permit(
        self, command: RevokeThirdPartyPermit, unit: Unit
    ) -> ThirdPartyPermit:
        return handlers.revoke_third_party_permit(command, unit)
