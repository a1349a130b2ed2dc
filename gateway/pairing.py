"""Pairing tickets: which phones pair for a visit, signed, so that they pair offline."""

from uuid import UUID

from fastapi import FastAPI

from gateway.door import Call, Door, mount
from gateway.roles import COLLECTORS
from proto.pairing import PairingShown, PairingTicket, ShowPairing

DOOR = Door(
    name="show_pairing",
    method="GET",
    path="/v1/visits/{visit_id}/pairing",
    roles=COLLECTORS,
    gives=PairingShown,
    says="The visit's pairing ticket: with it the pair's two phones prove to each other, "
    "without a network, that they are side by side. Fetch it before setting out.",
)


async def show(call: Call, _: object) -> PairingShown:
    """Ask field_visit, and sign what it says."""
    command = ShowPairing(visit_id=UUID(call.path_ids["visit_id"]))
    answer = await call.parts.services.ask(
        "field_visit", command, call.claims.asker(), trace=call.trace
    )
    assert answer.reply is not None
    ticket = PairingTicket.model_validate_json(answer.reply)
    return PairingShown(
        visit_id=ticket.visit_id,
        ticket=call.parts.landing.tickets.sign(ticket),
        good_until=ticket.good_until,
    )


def open_doors(app: FastAPI) -> None:
    mount(app, DOOR, show)
