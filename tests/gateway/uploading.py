"""A phone that sends files by tus, said out loud: every header is written here."""

import base64
import hashlib
import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
from PIL import Image

from gateway.landing.grants import Grants
from proto import ids
from proto.base import Role
from proto.grants import GrantedPhone, VisitGrant
from tests.acting import Phone
from tests.gateway.stand_in import asker

ME = asker(Role.FIELD_COLLECTOR)
THE_OTHER = UUID(int=4)
STREAM = "application/offset+octet-stream"


def photo(size: int = 0, seed: int = 1) -> bytes:
    """A real JPEG with noise in it; beyond its end bytes of chance, up to `size`."""
    chance, out = Random(seed), io.BytesIO()
    Image.frombytes("RGB", (48, 32), chance.randbytes(48 * 32 * 3)).save(out, "JPEG")
    made = out.getvalue()
    return made + chance.randbytes(max(0, size - len(made)))


def metadata(**said: Any) -> str:
    pairs = ((name, base64.b64encode(str(text).encode())) for name, text in said.items())
    return ",".join(f"{name} {text.decode()}" for name, text in pairs)


def checksum(content: bytes, algorithm: str = "sha256") -> str:
    digest = hashlib.new(algorithm, content).digest()
    return f"{algorithm} {base64.b64encode(digest).decode()}"


@dataclass
class File:
    """A file on a phone, and what is said of it."""

    content: bytes
    phone: Phone
    visit_id: UUID
    at: datetime
    filetype: str = "image/jpeg"
    media_id: UUID = field(default_factory=ids.new)

    def said(self, **but: Any) -> dict[str, Any]:
        return {
            "media_id": self.media_id,
            "visit_id": self.visit_id,
            "device_id": self.phone.device_id,
            "filetype": self.filetype,
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "captured_at": self.at.isoformat(),
        } | but

    @property
    def path(self) -> str:
        return f"/v1/uploads/{self.media_id}"


@dataclass
class Sender:
    """A collector with a phone and a visit; sends by httpx."""

    client: httpx.AsyncClient
    grants: Grants
    now: datetime
    bearer: dict[str, str]
    visit_id: UUID = field(default_factory=ids.new)
    case_id: UUID = field(default_factory=ids.new)
    phone: Phone = field(default_factory=lambda: Phone(ME.person_id))

    def file(self, content: bytes, **but: Any) -> File:
        return File(content, self.phone, self.visit_id, self.now, **but)

    def grant(self) -> VisitGrant:
        key = {"device_id": self.phone.device_id, "public_key": self.phone.public_key}
        return VisitGrant(
            visit_id=self.visit_id,
            case_id=self.case_id,
            agency_id=ME.agency_id,
            collectors=(ME.person_id, THE_OTHER),
            phones=(GrantedPhone(collector_id=ME.person_id, **key),),
            granted_at=self.now,
            good_until=self.now + timedelta(hours=28),
        )

    def headers(self, **more: Any) -> dict[str, str]:
        said = {name.replace("_", "-"): str(value) for name, value in more.items()}
        return self.bearer | {"Tus-Resumable": "1.0.0"} | said

    def with_grant(self) -> dict[str, str]:
        return {"Visit-Grant": self.grants.signed(self.grant()).grant}

    async def announce(self, file: File, **but: Any) -> httpx.Response:
        length = but.pop("length", len(file.content))
        headers = self.headers(Upload_Length=length) | self.with_grant()
        headers["Upload-Metadata"] = metadata(**file.said(**but))
        return await self.client.post("/v1/uploads", headers=headers)

    async def send(
        self, file: File, offset: int, content: Any, **more: Any
    ) -> httpx.Response:
        headers = self.headers(Upload_Offset=offset, Content_Type=STREAM, **more)
        return await self.client.patch(file.path, headers=headers, content=content)

    async def look(self, file: File) -> httpx.Response:
        return await self.client.head(file.path, headers=self.headers())

    async def whole(self, file: File) -> httpx.Response:
        assert (await self.announce(file)).status_code == 201
        return await self.send(file, 0, file.content)


def kind(response: httpx.Response) -> tuple[int, str]:
    """The status of a problem, and its kind."""
    return response.status_code, response.json()["type"].removeprefix("/problems/")
