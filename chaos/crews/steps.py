"""Every request about an upload, on disk before it leaves and after it was answered."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Lock
from uuid import UUID

import httpx

from chaos.crews.ledger import Ledger
from chaos.crews.mishaps import Piece


@dataclass
class Step:
    """One request about a file in one of its lives, and what was answered, if anything.

    `offset` and `size` are of the bytes that were sent, `said` is the `Upload-Offset` of
    the answer. Moments are those of `time.time`.
    """

    file: str
    life: int
    method: str
    began: float
    offset: int = 0
    size: int = 0
    mishap: str = ""
    ended: float | None = None
    status: int | None = None
    kind: str = ""
    said: int | None = None


class Steps:
    """The file of one phone; two of its connections may write at once."""

    def __init__(self, file: Path) -> None:
        self.ledger, self.numbers, self.lock = Ledger(file), count(), Lock()

    def asks(self, file: UUID, life: int, method: str, piece: Piece | None) -> int:
        line = {"file": str(file), "life": life, "method": method, "began": time.time()}
        if piece is not None:
            line |= {"offset": piece.offset, "size": piece.length, "mishap": piece.mishap}
        with self.lock:
            number = next(self.numbers)
            self.ledger.write({"number": number, "asks": line})
        return number

    def hears(self, number: int, answer: httpx.Response, kind: str) -> None:
        said = answer.headers.get("Upload-Offset")
        line = {"ended": time.time(), "status": answer.status_code, "kind": kind}
        line |= {"said": None if said is None else int(said)}
        with self.lock:
            self.ledger.write({"number": number, "hears": line})


def read(folder: Path) -> Iterator[Step]:
    """Yield every step of a run, those of each phone in their order."""
    for file in sorted(folder.glob("*.jsonl")):
        found: list[Step] = []
        for text in file.read_text("utf-8").splitlines():
            line = json.loads(text)
            if "asks" in line:
                found.append(Step(**line["asks"]))
            else:
                vars(found[line["number"]]).update(line["hears"])
        yield from found
