"""Two phones pair, as the app on them does: one shows a code, the other answers it.

Nothing here needs a network. What the phones know of each other is in the ticket
(`proto/pairing.py`) that both fetched before they set out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jwt
from pydantic import ValidationError

from chassis import signatures
from doorstep.errors import CannotPair
from doorstep.phone import Phone
from proto import pairing
from proto.field_visit import Presence
from proto.pairing import PairedPhone, PairingTicket, Unreadable
from proto.places import Position
from proto.signing import signed_bytes

JWS = jwt.PyJWS(algorithms=["ES256"])


def ticket_in(shown: str, keys: Mapping[str, Any]) -> PairingTicket:
    """Return the ticket that the gateway signed, by the keys it publishes.

    Raises CannotPair for what it did not sign for this.
    """
    try:
        header = jwt.get_unverified_header(shown)
        key = next(one for one in keys["keys"] if one["kid"] == header["kid"])
        found = JWS.decode_complete(shown, jwt.PyJWK(key, "ES256"), ["ES256"])
        if found["header"].get("typ") != "pairing-ticket" or key["purpose"] != "pack":
            raise CannotPair("this was signed for something else; fetch the ticket anew")
        return PairingTicket.model_validate_json(found["payload"])
    except (jwt.PyJWTError, ValidationError, KeyError, StopIteration) as problem:
        raise CannotPair("this is no ticket of the bank's; fetch it anew") from problem


def show(phone: Phone, ticket: PairingTicket, where: Position, at: datetime) -> str:
    """Return the code (QR_A) that a phone shows its partner's."""
    said = phone.presence(ticket.visit_id, where, at, nonce=ticket.nonce)
    return pairing.encode(said)


def answer(
    phone: Phone, scanned: str, ticket: PairingTicket, where: Position, at: datetime
) -> str:
    """Return the code (QR_B) that answers the partner's. Raises CannotPair."""
    first = partner(phone, scanned, ticket)
    if first.answers or at >= ticket.good_until:
        raise CannotPair("this code cannot be answered now; pair anew from the first one")
    said = phone.presence(
        ticket.visit_id, where, at, nonce=ticket.nonce, answers=first.fingerprint()
    )
    return pairing.encode(said)


def both(
    phone: Phone, shown: str, scanned: str, ticket: PairingTicket
) -> tuple[Presence, Presence]:
    """Return the two presences of a pairing to whoever showed first. Raises CannotPair."""
    first, second = pairing.decode(shown), partner(phone, scanned, ticket)
    if second.answers != first.fingerprint():
        raise CannotPair("this code answers another one; show yours again")
    return first, second


def partner(phone: Phone, scanned: str, ticket: PairingTicket) -> Presence:
    """Return what the partner's phone says. Raises CannotPair for anybody else's."""
    try:
        said = pairing.decode(scanned)
    except Unreadable as problem:
        raise CannotPair(str(problem)) from problem
    known = next((one for one in ticket.phones if one.device_id == said.device_id), None)
    if (said.visit_id, said.nonce) != (ticket.visit_id, ticket.nonce):
        raise CannotPair("this code is of another visit; open the same one on both phones")
    if known is None or not of_partner(known, said, phone):
        raise CannotPair("this code is not your partner's phone's; scan that one")
    if not signatures.verifies(known.public_key, said.signature, signed_bytes(said)):
        raise CannotPair("this code is forged; do not go on, and tell your supervisor")
    return said


def of_partner(known: PairedPhone, said: Presence, phone: Phone) -> bool:
    others = phone.collector_id != said.collector_id == known.collector_id
    return others and known.thumbprint == known.public_key.thumbprint()


def side_by_side(
    first: Phone, second: Phone, ticket: PairingTicket, where: Position, at: datetime
) -> list[Presence]:
    """Return what a pair sends after it has paired: both presences, the first one first."""
    shown = show(first, ticket, where, at)
    return list(both(first, shown, answer(second, shown, ticket, where, at), ticket))
