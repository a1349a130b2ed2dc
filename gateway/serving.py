"""Photos, sound and film are looked at: photos without metadata, the others as they came.

Who may see one is asked of field_visit each time. A photo as it was taken is not given.
"""

import os
import re
from collections.abc import AsyncIterator
from uuid import UUID

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import RootModel

from chassis.errors import Unavailable
from chassis.media import Store
from gateway.door import Call, Door, mount
from gateway.errors import BadRange, NotYet
from gateway.roles import VISIT_READERS
from gateway.uploads.magic import LOOKED_AT, media_type
from proto.media import MediaKind, MediaShown, ShowMedia

MEDIA = "/v1/media/{media_id}"
#: Bytes read at once.
PIECE = 1 << 18
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


class Bytes(RootModel[bytes]):
    """A picture, sound or film; parts of it by Range (RFC 9110, 14)."""


async def whole(call: Call, _: object) -> Response:
    shown = await found(call)
    if shown.kind is not MediaKind.PHOTO:
        return await file(call, shown.sha256, shown.media_type)
    return await file(call, copy_of(shown, "stripped"))


async def thumbnail(call: Call, _: object) -> Response:
    return await file(call, copy_of(await found(call), "thumbnail"))


async def found(call: Call) -> MediaShown:
    """Ask whether this may be seen. Raises what field_visit says against it."""
    command = ShowMedia(media_id=UUID(call.path_ids["media_id"]))
    answer = await call.parts.services.ask(
        "field_visit", command, call.claims.asker(), trace=call.trace
    )
    return MediaShown.model_validate_json(answer.reply or "")


def copy_of(shown: MediaShown, which: str) -> str:
    """Return the digest of a copy. Raises NotYet when there is none."""
    if shown.found is None:
        raise NotYet("media-not-looked-at", key=str(shown.media_id))
    digest: str | None = getattr(shown.found, which)
    if digest is None:
        raise NotYet("media-without-copy", key=str(shown.media_id))
    return digest


async def file(call: Call, sha256: str, kind: str | None = None) -> Response:
    """Return a file of the store, or the part of it that is asked for.

    Raises Unavailable when the store has it not, BadRange.
    """
    store = call.parts.uploads.folder
    try:
        size, head = await to_thread.run_sync(beginning, store, sha256)
    except FileNotFoundError:
        raise Unavailable("media-not-in-store", seconds=60) from None
    asked = part(call.request, size)
    first, last = asked or (0, size - 1)
    headers = {"Accept-Ranges": "bytes", "Content-Disposition": "inline"}
    headers["Content-Length"] = str(last - first + 1)
    if asked:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return StreamingResponse(
        pieces(store, sha256, first, last),
        206 if asked else 200,
        headers,
        media_type=kind or media_type(head) or "application/octet-stream",
    )


def beginning(store: Store, sha256: str) -> tuple[int, bytes]:
    """Return a file's size and first bytes. Raises FileNotFoundError."""
    with store.open(sha256) as opened:
        head = opened.read(LOOKED_AT)
        return opened.seek(0, os.SEEK_END), head


def part(request: Request, size: int) -> tuple[int, int] | None:
    """Return the first and last byte that are asked for (RFC 9110, 14.1.2).

    None for the whole: nothing is asked, or more than one part, or what cannot be read, or
    a part of a version (If-Range), of which we keep none. Raises BadRange when nothing of
    it lies in the file.
    """
    matched = RANGE.fullmatch(request.headers.get("range", "").strip())
    if not matched or "if-range" in request.headers or not any(matched.groups()):
        return None
    said, until = matched.groups()
    if said and until and int(until) < int(said):
        return None
    first = int(said) if said else max(0, size - int(until))
    last = min(int(until), size - 1) if said and until else size - 1
    if first > last:
        raise BadRange("range-outside", size=size)
    return first, last


async def pieces(store: Store, sha256: str, first: int, last: int) -> AsyncIterator[bytes]:
    opened = await to_thread.run_sync(store.open, sha256)
    with opened:
        opened.seek(first)
        while first <= last:
            wanted = min(PIECE, last + 1 - first)
            if not (piece := await to_thread.run_sync(opened.read, wanted)):
                return
            yield piece
            first += len(piece)


# fmt: off
DOORS = (
    (Door("see_media", "GET", MEDIA, VISIT_READERS, gives=Bytes, media="*/*",
          asks=("Range",),
          says="A photo without its metadata; sound and film as they were sent."), whole),
    (Door("see_thumbnail", "GET", f"{MEDIA}/thumbnail", VISIT_READERS, gives=Bytes,
          media="*/*", says="A small copy of a photo."), thumbnail),
)
# fmt: on


def open_doors(app: FastAPI) -> None:
    for door, work in DOORS:
        mount(app, door, work)
