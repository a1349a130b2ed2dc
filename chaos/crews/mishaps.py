"""What goes wrong while a phone sends a piece of a file, and how such a body looks."""

import hashlib
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from threading import Event
from typing import Literal

from gateway.uploads.magic import LOOKED_AT

Mishap = Literal[
    "cut", "lost", "slow", "taken-over", "over-long", "wrong-checksum", "flipped", ""
]
#: How often each is, of a hundred pieces; the rest go as they should.
SHARES: dict[Mishap, int] = {
    "cut": 12,
    "lost": 10,
    "slow": 20,
    "taken-over": 8,
    "over-long": 5,
    "wrong-checksum": 6,
    "flipped": 3,
}
#: Bytes that a slow line carries at once, and the seconds between.
GRAIN, GRAIN_S = 1 << 16, 0.04
#: Seconds for which a line that another one took over is held open.
HELD_S = 4.0


class Cut(Exception):
    """The line broke while a body was on its way, or before its answer was heard."""


@dataclass
class Piece:
    """Bytes of a file from an offset on, and what befalls them."""

    offset: int
    content: bytes
    mishap: Mishap
    luck: Random

    @property
    def length(self) -> int:
        """Return how many bytes are announced."""
        return len(self.content) + (1_000 if self.mishap == "over-long" else 0)

    def headers(self) -> dict[str, str]:
        found = {"Upload-Offset": str(self.offset), "Content-Length": str(self.length)}
        if self.mishap == "wrong-checksum":
            digest = hashlib.sha256(self.content + b"!").digest()
        elif self.mishap in ("", "slow") and self.luck.random() < 0.3:
            digest = hashlib.sha256(self.content).digest()
        else:
            return found
        return found | {"Upload-Checksum": f"sha256 {b64encode(digest).decode()}"}

    def body(self, go_on: Event | None = None) -> Iterator[bytes]:
        """Yield it as the line carries it. Raises Cut where that breaks."""
        match self.mishap:
            case "over-long":
                yield self.content + bytes(1_000)
            case "flipped":
                least = min(LOOKED_AT, len(self.content) - 1)  # its type stays as it was
                where = self.luck.randrange(least, len(self.content))
                flipped = bytes([self.content[where] ^ 0xFF])
                yield self.content[:where] + flipped + self.content[where + 1 :]
            case "cut":
                yield self.content[: self.luck.randrange(len(self.content))]
                raise Cut
            case "lost":
                yield self.content
                raise Cut
            case "slow":
                yield from self.slowly()
            case "taken-over":
                half = len(self.content) // 2
                yield self.content[:half]
                if go_on:
                    go_on.wait(HELD_S)
                yield self.content[half:]
            case _:
                yield self.content

    def slowly(self) -> Iterator[bytes]:
        for start in range(0, len(self.content), GRAIN):
            yield self.content[start : start + GRAIN]
            time.sleep(GRAIN_S)


def some(luck: Random) -> Mishap:
    """Return what befalls the next piece."""
    chance = luck.uniform(0, 100)
    for mishap, share in SHARES.items():
        chance -= share
        if chance < 0:
            return mishap
    return ""
