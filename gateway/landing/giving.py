"""Facts from a door: given to field_visit, or landed when it cannot be asked."""

from datetime import datetime
from uuid import UUID

from fastapi.responses import Response

from chassis import clock, signatures
from chassis.errors import Forbidden, NotFound, Unavailable
from chassis.rpc import Answered
from gateway.door import Call
from gateway.landing.grants import HEADER
from gateway.landing.item import Item
from proto.base import Asker, Command
from proto.field_visit import RecordJournal, SummonHelp
from proto.grants import GrantedPhone, LandingReceipt, VisitGrant
from proto.signing import digest

Fact = RecordJournal | SummonHelp

#: The header that a phone finds its receipt in when the service itself has answered.
RECEIPT_HEADER = "Doorstep-Receipt"


async def give(
    call: Call, command: Command, asker: Asker, body: object, key: UUID
) -> Response:
    """Give a fact to field_visit; land it, with a good grant, when that cannot be asked, or
    lacks what landed here before it.

    Raises what the service or the grant says against it, and Unavailable while nobody can
    tell whether it follows what landed.
    """
    assert isinstance(command, Fact)
    landing = call.parts.landing
    if await follows(call, command):
        return await landed(call, command, asker, body, key)
    if isinstance(command, SummonHelp):  # in no line, it follows nothing
        await landing.refuse_another(call.parts.database, command, asker, key)
    try:
        answer = await call.parts.services.ask(
            "field_visit", command, asker, trace=call.trace, key=key
        )
    except (Unavailable, Answered) as error:
        if HEADER not in call.request.headers or not is_away(error):
            raise
        return await landed(call, command, asker, body, key)
    receipt = landing.receipt(receipt_of(command, body, clock.now()))
    headers = {RECEIPT_HEADER: receipt}
    return Response(answer.reply, 200, headers, media_type="application/json")


async def follows(call: Call, command: Fact) -> bool:
    """Tell whether something of this phone's journal waits here, which comes before this.

    The service would take what is behind it, and tell of a gap that is not the phone's.
    Raises Unavailable when our own database does not say: it may wait for all we know.
    """
    if isinstance(command, SummonHelp) or HEADER not in call.request.headers:
        return False
    landing, device_id = call.parts.landing, command.journal.device_id
    return await landing.waits(call.parts.database, device_id)


async def landed(
    call: Call, command: Fact, asker: Asker, body: object, key: UUID
) -> Response:
    """Land a fact. Raises what the grant says against it."""
    landing = call.parts.landing
    header = call.request.headers[HEADER]
    grant = landing.read_grant(header, asker, command.visit_id)
    refuse_bad(command, grant, asker)
    receipt = receipt_of(command, body, clock.now())
    line = by_another(command, grant, asker)
    item = Item(key, command, asker, grant.case_id, receipt, line)
    done = await call.parts.database.run(lambda connection: landing.land(connection, item))
    landing.note(receipt.device_id)
    landing.wake()
    return Response(done.model_dump_json(), 202, media_type="application/json")


def is_away(error: Unavailable | Answered) -> bool:
    """Tell whether the service could not be asked."""
    if isinstance(error, Unavailable):
        return True
    return error.problem.status == Unavailable.status


def refuse_bad(command: Fact, grant: VisitGrant, asker: Asker) -> None:
    """Refuse a journal of no phone of the pair, and what only the other's phone may say.

    What is odd of a journal its service sorts, also that its phone did not sign it: but
    only of whoever's phone it is, so that nobody fills the line of another's. A call for
    help is refused for nothing: see `by_another`.

    Raises NotFound, Forbidden.
    """
    if isinstance(command, SummonHelp):
        return
    device_id, its = device_of(command), phone_of(command, grant)
    if its is None:
        raise NotFound("device", device_id)
    if its.collector_id == asker.person_id:
        return
    signature, head = command.journal.signature, command.journal.head()
    if not signatures.verifies(its.public_key, signature, head):
        raise Forbidden("signature-does-not-fit", key=str(device_id))


def by_another(command: Fact, grant: VisitGrant, asker: Asker) -> UUID | None:
    """Return who calls for help on a phone that is not theirs, as far as the grant says.

    A phone may be newer than the grant, and one of a pair may call on the other's; nothing
    is signed in such haste, and who calls is told by the sign-in. So it is taken, and
    waits where it takes nobody else's place.
    """
    its = phone_of(command, grant)
    if isinstance(command, RecordJournal) or (its and its.collector_id == asker.person_id):
        return None
    return asker.account_id


def phone_of(command: Fact, grant: VisitGrant) -> GrantedPhone | None:
    device_id = device_of(command)
    return next((each for each in grant.phones if each.device_id == device_id), None)


def device_of(command: Fact) -> UUID:
    if isinstance(command, RecordJournal):
        return command.journal.device_id
    return command.device_id


def receipt_of(command: Fact, body: object, now: datetime) -> LandingReceipt:
    """Return what is vouched for: this body of this phone, since now."""
    journal = command.journal if isinstance(command, RecordJournal) else None
    return LandingReceipt(
        kind="journal" if journal else "help",
        visit_id=command.visit_id,
        device_id=device_of(command),
        sha256=digest(body),
        sequence=journal.last_seq() if journal else None,
        received_at=now,
    )
