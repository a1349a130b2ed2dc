"""What tus says in headers, read strictly: a wrong one is 400 and says what it should be.

https://tus.io/protocols/resumable-upload#headers
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Request
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from gateway import bodies
from gateway.errors import BadHeader, OtherVersion, WrongMedia
from proto.base import Moment, Value
from proto.media import MEDIA_TYPES, Sha256

if TYPE_CHECKING:
    from hashlib import _Hash

VERSION, CHECKSUMS = "1.0.0", ("sha1", "sha256")
STREAMED = "application/offset+octet-stream"
#: The longest number and metadata that anybody sends in earnest.
DIGITS, METADATA = 15, 4096


def taken_here(media_type: str) -> str:
    """Return it when it is one that we take. Raises PydanticCustomError."""
    if media_type not in MEDIA_TYPES:
        known = " or ".join(f"'{each}'" for each in MEDIA_TYPES)
        raise PydanticCustomError("enum", "see gateway/catalogue", {"expected": known})
    return media_type


class Wish(Value):
    """What a phone says of a file before it sends it: the metadata of an upload.

    `media_id` is made by the phone when the photo is taken; `sha256` is that of the whole
    file, `filetype` its media type.
    """

    media_id: UUID
    visit_id: UUID
    device_id: UUID
    filetype: Annotated[str, AfterValidator(taken_here)]
    sha256: Sha256
    captured_at: Moment


@dataclass(frozen=True)
class Checksum:
    """What the bytes of one PATCH should come to."""

    algorithm: str
    digest: bytes

    def begin(self) -> "_Hash":
        return hashlib.new(self.algorithm, usedforsecurity=False)


def refuse_other_version(request: Request) -> None:
    """Raise OtherVersion unless the caller speaks tus 1.0.0."""
    if (said := request.headers.get("tus-resumable")) != VERSION:
        raise OtherVersion(
            "tus-version", wanted=VERSION, **({"said": said} if said else {})
        )


def refuse_other_media(request: Request) -> None:
    media = request.headers.get("content-type", "").strip().lower()
    if media != STREAMED or "content-encoding" in request.headers:
        raise WrongMedia("upload-content-type", wanted=STREAMED)


def number(request: Request, name: str) -> int:
    """Return the number in a header. Raises BadHeader."""
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS):
        raise BadHeader("header-not-a-number", name=name)
    return int(text)


def wish(request: Request) -> Wish:
    """Return the metadata of an upload to be. Raises BadHeader, Invalid."""
    text = request.headers.get("upload-metadata", "")
    if len(text) > METADATA:
        raise BadHeader("upload-metadata", most=METADATA)
    pairs = [pair(each) for each in text.split(",") if each.strip()]
    if len(found := dict(pairs)) < len(pairs):
        raise BadHeader("upload-metadata", most=METADATA)
    return bodies.check(Wish, found)


def pair(text: str) -> tuple[str, str]:
    """Return a name and its decoded value. Raises BadHeader."""
    name, _, encoded = text.strip().partition(" ")
    return name, decoded(encoded, "upload-metadata").decode("utf-8", "replace")


def decoded(text: str, kind: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise BadHeader(kind, most=METADATA) from None


def checksum(request: Request) -> Checksum | None:
    """Return the checksum of this PATCH, if it has one. Raises BadHeader."""
    said = request.headers.get("upload-checksum")
    if said is None:
        return None
    algorithm, _, encoded = said.strip().partition(" ")
    if algorithm not in CHECKSUMS:
        raise BadHeader("upload-checksum", known=CHECKSUMS)
    digest = decoded(encoded, "upload-checksum")
    if len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise BadHeader("upload-checksum", known=CHECKSUMS)
    return Checksum(algorithm, digest)
