"""The doors of tus 1.0.0: https://tus.io/protocols/resumable-upload."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.responses import Response

from chassis.errors import Conflict, Forbidden, Unavailable
from chassis.rpc import Answered
from gateway.door import Call, Door, mount
from gateway.landing.grants import HEADER
from gateway.roles import COLLECTORS, OPEN
from gateway.uploads import headers, quotas
from gateway.uploads.headers import CHECKSUMS, STREAMED, VERSION, Wish
from gateway.uploads.making import Announced
from gateway.uploads.reception import Sent
from gateway.uploads.rows import Upload
from proto.base import Asker
from proto.grants import GrantVisit, VisitGrant

UPLOADS = "/v1/uploads"
UPLOAD = f"{UPLOADS}/{{upload_id}}"
EXTENSIONS = ("creation", "checksum", "termination", "expiration")
#: On every answer, so also on what goes wrong: which protocol this is.
SPOKEN = (("Tus-Resumable", VERSION), ("Tus-Version", VERSION))
RECEIPT = "Doorstep-Receipt"
#: What field_visit says while a grant that was brought is enough: nothing, or that the
#: visit is over.
ENOUGH = frozenset({Unavailable.status, Conflict.status})


async def offer(_: Call, __: Any) -> Response:
    return Response(
        status_code=204,
        headers={
            "Tus-Extension": ",".join(EXTENSIONS),
            "Tus-Max-Size": str(max(quotas.MOST.values())),
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        },
    )


async def create(call: Call, _: Any) -> Response:
    headers.refuse_other_version(call.request)
    length = headers.number(call.request, "Upload-Length")
    wish, asker = headers.wish(call.request), call.claims.asker()
    quotas.refuse_size(wish, length)
    uploads, announced = call.parts.uploads, Announced(wish, length, asker)
    if found := await uploads.known(announced):
        expires = found.expires_at
    else:
        grant = await granted(call, wish.visit_id, asker)
        refuse_other_phone(grant, wish, asker)
        expires = await uploads.make(announced, grant)
    where, until = f"{UPLOADS}/{wish.media_id}", http_date(expires)
    return Response(status_code=201, headers={"Location": where, "Upload-Expires": until})


async def granted(call: Call, visit_id: UUID, asker: Asker) -> VisitGrant:
    """Return the grant that the phone brings, unless field_visit says that it is not of
    the pair (any more); or else what field_visit says now.

    What was brought names also a phone that was revoked since.
    Raises Unauthenticated, Forbidden; Answered, Unavailable.
    """
    brought, command = call.request.headers.get(HEADER), GrantVisit(visit_id=visit_id)
    try:
        answer = await call.parts.services.ask(
            "field_visit", command, asker, trace=call.trace
        )
    except (Unavailable, Answered) as error:
        known = error.problem if isinstance(error, Answered) else error.problem()
        if brought is None or known.status not in ENOUGH:
            raise
    else:
        if brought is None:
            return VisitGrant.model_validate_json(answer.reply or "")
    return call.parts.uploads.landing.read_grant(brought, asker, visit_id)


def refuse_other_phone(grant: VisitGrant, wish: Wish, asker: Asker) -> None:
    """Raise Forbidden unless the phone is one of the visit's, and the caller's own."""
    for phone in grant.phones:
        if (phone.device_id, phone.collector_id) == (wish.device_id, asker.person_id):
            return
    raise Forbidden("upload-other-phone", key=str(wish.device_id))


async def look(call: Call, _: Any) -> Response:
    headers.refuse_other_version(call.request)
    uploads = call.parts.uploads
    looking = uploads.look(id_of(call), call.claims.asker())
    upload = await uploads.to_its_end(looking)
    length = {"Upload-Length": str(upload.length)}
    return Response(status_code=200, headers=length | state(upload))


async def receive(call: Call, _: Any) -> Response:
    headers.refuse_other_version(call.request)
    headers.refuse_other_media(call.request)
    count = call.request.headers.get("content-length")
    sent = Sent(
        offset=headers.number(call.request, "Upload-Offset"),
        count=None if count is None else headers.number(call.request, "Content-Length"),
        checksum=headers.checksum(call.request),
        body=body(call),
    )
    uploads = call.parts.uploads
    receiving = uploads.receive(id_of(call), sent, call.claims.asker())
    return Response(status_code=204, headers=state(await uploads.to_its_end(receiving)))


async def body(call: Call) -> AsyncIterator[bytes]:
    async for part in call.request.stream():
        if part:
            yield part


async def terminate(call: Call, _: Any) -> None:
    headers.refuse_other_version(call.request)
    uploads = call.parts.uploads
    ending = uploads.terminate(id_of(call), call.claims.asker())
    await uploads.to_its_end(ending)


def id_of(call: Call) -> UUID:
    return UUID(call.path_ids["upload_id"])


def state(upload: Upload) -> dict[str, str]:
    """Return how far it is: until when it may go on, or the receipt once it is done."""
    found = {"Upload-Offset": str(upload.received)}
    if upload.receipt is not None:
        return found | {RECEIPT: upload.receipt}
    return found | {"Upload-Expires": http_date(upload.expires_at)}


def http_date(moment: datetime) -> str:
    """Write a moment as IMF-fixdate (RFC 9110, 5.6.7)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


# fmt: off
DOORS = (
    (Door("offer_uploads", "OPTIONS", UPLOADS, OPEN, headers=SPOKEN,
          says="What of tus 1.0.0 is spoken here."), offer),
    (Door("make_upload", "POST", UPLOADS, COLLECTORS, headers=SPOKEN, status=201,
          asks=("Tus-Resumable", "Upload-Length", "Upload-Metadata", "Visit-Grant"),
          says="Announce a file of a visit; its address comes back as Location."), create),
    (Door("look_at_upload", "HEAD", UPLOAD, COLLECTORS, headers=SPOKEN, status=200,
          asks=("Tus-Resumable",),
          says="How many bytes are on disk. Whoever was sending lets go."), look),
    (Door("send_upload", "PATCH", UPLOAD, COLLECTORS, headers=SPOKEN, streams=STREAMED,
          asks=("Tus-Resumable", "Upload-Offset", "Upload-Checksum"),
          says="Send bytes from an offset on. The last bring the receipt."), receive),
    (Door("end_upload", "DELETE", UPLOAD, COLLECTORS, headers=SPOKEN,
          asks=("Tus-Resumable",),
          says="End an upload that is not done; its bytes are removed."), terminate),
)
# fmt: on


def open_doors(app: FastAPI) -> None:
    for door, work in DOORS:
        mount(app, door, work)
