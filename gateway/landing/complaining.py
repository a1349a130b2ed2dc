"""Complaints: given to their service, or landed when it cannot be asked.

Whoever takes the courage to complain is not told to come again. Nobody may work the case
from when the service hears of it; until then no ask is answered either, for without broker
or service its ticks are missing (`chassis/ticks.py`).
"""

from typing import Any
from uuid import UUID

from fastapi.responses import Response

from chassis import clock
from chassis.errors import Unavailable
from chassis.rpc import Answered
from gateway.door import Call
from gateway.landing.giving import is_away
from gateway.landing.item import Item
from proto.base import Answer, Asker, Command
from proto.complaints import ComplainByBadge, FileComplaint, key_of
from proto.grants import ComplaintLanded, ComplaintReceipt
from proto.signing import digest

Complaint = FileComplaint | ComplainByBadge


async def take(
    call: Call, command: Command, asker: Asker, body: Any, key: UUID
) -> Response:
    """Take a complaint in: 200 by its service, or 202 by us alone.

    Raises what the service says against it.
    """
    assert isinstance(command, Complaint)
    done = await filed(call, command, asker, body, key)
    if isinstance(done, Answer):
        return Response(done.reply, 200, media_type="application/json")
    return Response(done.model_dump_json(), 202, media_type="application/json")


async def filed(
    call: Call, command: Complaint, asker: Asker, body: Any, key: UUID
) -> Answer | ComplaintLanded:
    """Give a complaint to its service; land it when that cannot be asked.

    Once, however often it is sent under its key. Raises what the service says against it,
    Invalid when another content landed under that key, Unavailable when it cannot be
    landed either.
    """
    await call.parts.landing.refuse_another(call.parts.database, command, asker, key)
    try:
        return await call.parts.services.ask(
            "complaints", command, asker, trace=call.trace, key=key
        )
    except (Unavailable, Answered) as error:
        if not is_away(error):
            raise
    return await landed(call, command, asker, body, key)


async def landed(
    call: Call, command: Complaint, asker: Asker, body: Any, key: UUID
) -> ComplaintLanded:
    landing, complaint_id = call.parts.landing, command.complaint_id
    receipt = ComplaintReceipt(
        complaint_id=complaint_id, sha256=digest(body), received_at=clock.now()
    )
    item = Item(key, command, asker, key_of(complaint_id), receipt)
    said = await call.parts.database.run(lambda connection: landing.keep(connection, item))
    landing.wake()
    return ComplaintLanded(complaint_id=complaint_id, receipt=said)
