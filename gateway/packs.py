"""The day's pack: made by field_visit, signed here, given to the phone it is for.

It is a question: nothing keeps an answer, and no log line has more than the route. Signed
with the key for packs, as grants are, and so checked by what `GET /v1/keys` publishes.
"""

import gzip
from uuid import UUID

from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import Response

from gateway import asks, bodies
from gateway.door import ZERO, Call, Door, mount
from gateway.landing.grants import Grants
from gateway.landing.signing import Signer
from gateway.roles import COLLECTORS
from proto import ids
from proto.anchors import Anchor, AnchorPack
from proto.canonical import canonical
from proto.pack import CollectPack, DayPack, Pack, PackAnchor, PackedVisit, PackShown

#: The text of a pack is base64, and shrinks to less than half all the same.
LEVEL = 6


async def collect(call: Call, _: object) -> Response:
    """Ask field_visit, sign what it says, and shorten it for whoever can unfold it."""
    command = bodies.check(CollectPack, asks.in_query(call))
    call.parts.packs.count(str(call.claims.sub))
    services, asker = call.parts.services, call.claims.asker()
    anchor = await anchored(call, command.device_id)  # no later than what the pack knows
    answer = await services.ask("field_visit", command, asker, trace=call.trace)
    day = DayPack.model_validate_json(answer.reply or "")
    landing = call.parts.landing
    shown = await to_thread.run_sync(signed, landing.packs, landing.grants, day, anchor)
    folded = unfolds(call.request.headers.get("accept-encoding", ""))
    return written(shown.model_dump_json().encode(), folded)


async def anchored(call: Call, device_id: UUID) -> PackAnchor:
    """Ask what time it is for this phone: kept, so that its journal is bounded by it."""
    take = AnchorPack(anchor_id=ids.new(), device_id=device_id)
    asker, key = call.claims.asker(), take.anchor_id
    answer = await call.parts.services.ask(
        "field_visit", take, asker, trace=call.trace, key=key
    )
    told = Anchor.model_validate_json(answer.reply or "")
    return PackAnchor(at=told.at, anchor_id=told.anchor_id)


def unfolds(accepted: str) -> bool:
    """Tell whether somebody reads gzip (RFC 9110, 12.5.3)."""
    codings = (each.replace(" ", "").lower().split(";") for each in accepted.split(","))
    return any(name == "gzip" and not ZERO.intersection(q) for name, *q in codings)


def signed(packs: Signer, grants: Grants, day: DayPack, anchor: PackAnchor) -> PackShown:
    """Return the pack with its anchor and its grants, each signed."""
    by_visit = {grant.visit_id: grants.signed(grant).grant for grant in day.grants}
    pack = day.pack.model_copy(
        update={"anchor": anchor, "visits": with_grants(day.pack, by_visit)}
    )
    content = canonical(pack.model_dump(mode="json", exclude_none=True))
    return PackShown(pack=packs.sign_bytes(content), good_until=pack.good_until)


def with_grants(pack: Pack, by_visit: dict[UUID, str]) -> tuple[PackedVisit, ...]:
    """Return the visits of a pack, each with its grant."""
    return tuple(
        visit.model_copy(update={"grant": by_visit.get(visit.visit_id)})
        for visit in pack.visits
    )


def written(content: bytes, folded: bool) -> Response:
    """Return the answer, zipped when that is understood (RFC 9110, 8.4.1.3)."""
    headers = {"Vary": "Accept-Encoding"}
    if folded:
        content, headers["Content-Encoding"] = gzip.compress(content, LEVEL), "gzip"
    return Response(content, headers=headers, media_type="application/json")


DOOR = Door(
    name="collect_pack",
    method="GET",
    path="/v1/pack",
    roles=COLLECTORS,
    gives=PackShown,
    says="The day of the collector whose phone `device_id` is: a compact JWS with all that "
    "its visits need without a signal, and every answer decided beforehand. Fetch it "
    "before setting out, and again whenever there is a signal.",
)


def open_doors(app: FastAPI) -> None:
    mount(app, DOOR, collect)
