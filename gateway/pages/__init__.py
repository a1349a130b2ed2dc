"""The pages people look at: `/ops`, what happens at the doors of today.

Files as they are, each behind an open door of its own: they hold nothing of anybody. What
they show, they ask for at the other doors, with the token of whoever signed in.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import Response
from pydantic import RootModel

from gateway.door import Call, Door, Work, mount
from gateway.roles import OPEN

FOLDER = Path(__file__).parent / "ops"

#: What each file is told to be, by the end of its name.
MEDIA = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


class Page(RootModel[str]):
    """A file of a page."""


@dataclass(frozen=True)
class File:
    """One file of the page, and where it is: the page itself has the short address."""

    path: Path

    @property
    def address(self) -> str:
        return "/ops" if self.path.name == "index.html" else f"/ops/{self.path.name}"

    @property
    def media(self) -> str:
        return MEDIA[self.path.suffix]

    @cached_property
    def content(self) -> bytes:
        return self.path.read_bytes()

    @cached_property
    def tag(self) -> str:
        """The entity tag (RFC 9110, 8.8.3): asked again, it need not be sent again."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'

    def door(self) -> Door:
        return Door(
            name="ops_" + self.path.name.replace(".", "_").replace("-", "_"),
            method="GET",
            path=self.address,
            roles=OPEN,
            gives=Page,
            media=self.media,
            says="A file of the operations page.",
        )


FILES = tuple(File(path) for path in sorted(FOLDER.iterdir()) if path.suffix in MEDIA)


def giving(file: File) -> Work:
    """Return what is done at its door: give it, unless who asks has it already."""

    async def work(call: Call, _: Any) -> Response:
        headers = {"ETag": file.tag, "Cache-Control": "no-cache"}
        if call.request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers, media_type=file.media)

    return work


def open_doors(app: FastAPI) -> None:
    for file in FILES:
        mount(app, file.door(), giving(file))
