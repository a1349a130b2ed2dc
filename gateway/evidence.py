"""A visit's evidence, as one file that somebody checks without us: docs/evidence.md.

field_visit says who may have it and what goes into it; the files lie in the store. Photos
and sound are read piece by piece, once for their digests and once as they are sent; what a
reader does not take is not read.
"""

import base64
import json
from collections.abc import Container, Iterator, Mapping
from functools import partial
from uuid import UUID

from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import Response, StreamingResponse
from pydantic import RootModel

from chassis import clock, evidence_keys
from chassis.errors import Unavailable
from chassis.logs import log
from chassis.media import Store
from chassis.settings import Settings
from evidence import archive, bag
from evidence.archive import Member
from evidence.heads import SealedHead
from evidence.records import Disclosure
from evidence.suites import SUITES, kid
from gateway import asks, bodies
from gateway.door import Call, Door, mount
from gateway.roles import BOARD_READERS
from proto.evidence import (
    DisclosuresShown,
    EvidencePlan,
    OpenEvidence,
    ShowDisclosures,
)
from proto.media import MediaKind

#: Bytes read at once.
PIECE = 1 << 18


class Bundle(RootModel[bytes]):
    """A bundle: a ZIP that `doorstep verify`, or the program inside it, checks."""


async def give(call: Call, _: object) -> Response:
    """Put a copy together for whoever says why, and send it as it is taken."""
    asked = asks.with_path_ids(asks.in_query(call), call.path_ids)
    plan = await planned(call, bodies.check(OpenEvidence, asked))
    shown = [await disclosed(call, plan.visit_id, each) for each in plan.disclosures]
    settings, store = call.parts.settings, call.parts.uploads.folder
    work = partial(put_together, plan, shown, store, settings)
    members = await to_thread.run_sync(work, limiter=call.parts.bundles)
    name = f"{bag.top(str(plan.visit_id))}.zip"
    headers = {
        "Content-Length": str(archive.length(members)),
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(archive.stream(members), 200, headers, DOOR.media)


async def planned(call: Call, command: OpenEvidence) -> EvidencePlan:
    """Ask what goes into it. Raises what field_visit says against it."""
    services, asker = call.parts.services, call.claims.asker()
    answer = await services.ask("field_visit", command, asker, trace=call.trace)
    return EvidencePlan.model_validate_json(answer.reply or "")


async def disclosed(call: Call, visit_id: UUID, disclosure_id: UUID) -> str:
    """Ask for some of what its records hide."""
    command = ShowDisclosures(visit_id=visit_id, disclosure_id=disclosure_id)
    services, asker = call.parts.services, call.claims.asker()
    answer = await services.ask("field_visit", command, asker, trace=call.trace)
    return DisclosuresShown.model_validate_json(answer.reply or "").lines


def put_together(
    plan: EvidencePlan, shown: list[str], store: Store, settings: Settings
) -> list[Member]:
    """Return the files of a bundle. Raises Unavailable when one is not in the store, or
    there is no key to sign the copy with.
    """
    try:
        key = evidence_keys.private(settings, evidence_keys.EXPORT)
        public = evidence_keys.public(settings, key)
        records = b"".join(content(store, each.records) for each in plan.parts)
        suite = SUITES[plan.suite]
        there, withheld = named_in(records, plan.withholds)
        contents = bag.Contents(
            suite=suite,
            visit_id=str(plan.visit_id),
            bank=plan.bank,
            made_on=str(clock.now().date()),
            records=records,
            heads=[SealedHead(p.head, p.signature, p.leaf) for p in plan.parts],
            disclosures=in_order(shown),
            log=plan.log,
            keys=sorted({*plan.keys, public}),
            timestamps={
                each.part: base64.b64decode(each.timestamp)
                for each in plan.parts
                if each.timestamp
            },
            media=media(there, store),
            withheld=withheld.keys(),
        )
        return bag.assemble(
            contents, lambda manifest: (kid(public), suite.sign(key, manifest))
        )
    except evidence_keys.NoKey as error:
        log.error("no evidence can be given: %s", error)
        raise Unavailable("evidence-key-missing", seconds=60) from None
    except FileNotFoundError:
        raise Unavailable("media-not-in-store", seconds=60) from None


def content(store: Store, sha256: str) -> bytes:
    with store.open(sha256) as file:
        return file.read()


def in_order(shown: list[str]) -> list[Disclosure]:
    """Return what is disclosed, in the order of the records that hide it."""
    lines = (json.loads(line) for text in shown for line in text.splitlines())
    found = (Disclosure(each["n"], each["name"], each["text"]) for each in lines)
    return sorted(found, key=lambda each: (each.n, each.name))


def named_in(
    records: bytes, withholds: Container[MediaKind]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the files that the records name, but those that were erased and came in no
    more, with their sizes: those of a copy, and those that its reader may not have.
    """
    named: dict[str, int] = {}
    withheld: dict[str, int] = {}
    for line in records.splitlines():
        said = json.loads(line)
        if said["kind"] == "file":
            kept = withheld if said["body"]["kind"] in withholds else named
            kept[said["body"]["sha256"]] = said["body"]["size"]
        elif said["kind"] == "erased":
            for digest in said["body"].get("files", ()):
                named.pop(digest, None)
                withheld.pop(digest, None)
    return named, withheld


def media(there: Mapping[str, int], store: Store) -> list[bag.Medium]:
    return [
        bag.Medium(sha256, size, partial(pieces, store, sha256))
        for sha256, size in there.items()
    ]


def pieces(store: Store, sha256: str) -> Iterator[bytes]:
    with store.open(sha256) as file:
        while piece := file.read(PIECE):
            yield piece


DOOR = Door(
    name="open_evidence",
    method="GET",
    path=f"{asks.VISIT}/evidence",
    roles=BOARD_READERS,
    gives=Bundle,
    media="application/zip",
    says="The sealed record of a visit as a bundle that can be checked without us. The "
    "`reason` is kept with who asked. 409 says what is awaited before it is sealed.",
)


def open_doors(app: FastAPI) -> None:
    mount(app, DOOR, give)
