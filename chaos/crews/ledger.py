"""What was asked and what was answered, on disk before it counts.

A line is written and fsynced before a request leaves and after its answer has come: what
is judged at the end is these files, not the memory of whoever asked.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

#: A first try and its repetitions; the same key once more after its answer; the same key
#: with another content.
Why = Literal["first", "again", "other"]
#: The status of a fact that landed at the gateway.
LANDED = 202


@dataclass(frozen=True)
class Operation:
    """One order of a person: its key, what it is about, what may be answered.

    `digest` is that of the command as the service will see it. `expects` are `200`,
    `403 not-allowed`: whatever else comes is outside the protocol. `forbidden` names the
    kind of what nobody may be allowed, and `clauses` what forbids just this.
    """

    key: str
    principal: str
    name: str
    about: str
    digest: str
    expects: tuple[str, ...]
    forbidden: str = ""
    clauses: tuple[str, ...] = ()
    #: Of the body that is sent, as a receipt names it; of facts alone.
    sha256: str = ""


@dataclass
class Try:
    """One request. `status` is missing when no answer came, `reply` when none is kept.

    `receipt`: what the gateway signed for a fact, wherever in the answer that stood.
    """

    why: Why
    began: float
    ended: float | None = None
    status: int | None = None
    kind: str = ""
    reply: dict[str, Any] | None = None
    receipt: str = ""
    #: Whether a grant was sent with it, by which it may land.
    granted: bool = False

    @property
    def landed(self) -> bool:
        """Tell whether the gateway alone has it: nobody who judges was asked."""
        return self.status == LANDED and bool(self.receipt)

    @property
    def said(self) -> str:
        return f"{self.status} {self.kind}".strip()

    @property
    def failed(self) -> bool:
        """Tell whether nothing is known after it: no answer, or `ask again`."""
        return self.status is None or self.status in (401, 503)


@dataclass
class Told:
    """An operation and every try of it."""

    operation: Operation
    tries: list[Try] = field(default_factory=list)

    @property
    def answer(self) -> Try | None:
        """Return the first answer that settled it."""
        first = (each for each in self.tries if each.why == "first")
        return next((each for each in first if not each.failed), None)

    @property
    def acknowledged(self) -> bool:
        """Tell whether the platform said that it keeps this."""
        return self.answer is not None and self.answer.reply is not None

    @property
    def recovered(self) -> bool:
        first = [each for each in self.tries if each.why == "first"]
        return self.acknowledged and first[0].failed


class Ledger:
    """The file of one asker. Moments are `time.time()`, so that files can be merged.

    It is open only while it is written: a thousand crews have ten thousand such files.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(0o600)

    def sent(self, operation: Operation, number: int, why: Why, at: float) -> None:
        line = {"sent": asdict(operation)} if number == 0 else {"sent_again": operation.key}
        self.write(line | {"why": why, "number": number, "at": at})

    def answered(self, operation: Operation, number: int, done: Try) -> None:
        self.write({"answered": operation.key, "number": number, "try": asdict(done)})

    def write(self, line: Mapping[str, Any]) -> None:
        with self.file.open("ab", buffering=0) as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            os.fsync(file.fileno())


def read(folder: Path) -> list[Told]:
    """Return every operation of a run, from its files."""
    found: dict[str, Told] = {}
    for file in sorted(folder.glob("*.jsonl")):
        for line in lines(file):
            take(line, found)
    return list(found.values())


def lines(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text("utf-8").splitlines():
        yield json.loads(line)


def take(line: Mapping[str, Any], found: dict[str, Told]) -> None:
    """Take one line in. A try that has no answer keeps its place."""
    if "answered" in line:
        found[line["answered"]].tries[line["number"]] = Try(**line["try"])
        return
    if "sent" in line:
        lists = {name: tuple(line["sent"][name]) for name in ("expects", "clauses")}
        told = line["sent"] | lists
        found[told["key"]] = Told(Operation(**told))
    key = line["sent"]["key"] if "sent" in line else line["sent_again"]
    found[key].tries.append(Try(line["why"], line["at"]))
