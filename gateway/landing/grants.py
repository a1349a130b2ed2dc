"""Visit grants: these phones may send facts of this visit, until then.

field_visit says so while it can be asked; signed by the gateway, its word is good without
it. A grant is not secret and no leave for anything: whoever sends one is signed in, and
what a phone sends is signed by the phone.
"""

from uuid import UUID

from fastapi import FastAPI

from chassis import clock
from chassis.errors import Forbidden
from chassis.settings import Settings
from gateway.door import Call, Door, mount
from gateway.errors import Unauthenticated
from gateway.landing.signing import PACK, Signer
from gateway.roles import COLLECTORS
from proto.base import Asker
from proto.grants import GrantShown, GrantVisit, VisitGrant

#: The header a phone sends its grant in.
HEADER = "Visit-Grant"


class Grants:
    """Signs grants and reads them, under the key for packs."""

    def __init__(self, settings: Settings) -> None:
        self.signer = Signer(settings, PACK, "visit-grant")

    def signed(self, grant: VisitGrant) -> GrantShown:
        return GrantShown(
            visit_id=grant.visit_id,
            grant=self.signer.sign(grant),
            good_until=grant.good_until,
        )

    def read(self, header: str, asker: Asker, visit_id: UUID) -> VisitGrant:
        """Return the grant in a header, when it is good, for this visit and collector.

        Raises Unauthenticated, Forbidden.
        """
        grant = self.signer.read(VisitGrant, header.strip())
        if not grant.good(clock.now()):
            until = grant.good_until.isoformat(timespec="seconds")
            raise Unauthenticated("grant-not-good-now", until=until)
        if grant.visit_id != visit_id:
            raise Forbidden("grant-of-another-visit", key=str(grant.visit_id))
        if asker.person_id not in grant.collectors:
            raise Forbidden("grant-of-another-pair", key=str(visit_id))
        return grant


async def show(call: Call, _: object) -> GrantShown:
    """Ask field_visit, and sign what it says."""
    command = GrantVisit(visit_id=UUID(call.path_ids["visit_id"]))
    answer = await call.parts.services.ask(
        "field_visit", command, call.claims.asker(), trace=call.trace
    )
    assert answer.reply is not None
    grant = VisitGrant.model_validate_json(answer.reply)
    return call.parts.landing.grants.signed(grant)


DOOR = Door(
    name="grant_visit",
    method="GET",
    path="/v1/visits/{visit_id}/grant",
    roles=COLLECTORS,
    gives=GrantShown,
    says="The visit's grant: with it in the header Visit-Grant facts of the visit are "
    "accepted also while its service cannot be asked. Fetch it before setting out.",
)


def open_doors(app: FastAPI) -> None:
    mount(app, DOOR, show)
