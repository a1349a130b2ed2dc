"""What a simulated phone has still to send, kept through its death: help before all else.

Its folder holds `outgoing.jsonl`, for our eyes only: an order is on disk before it is
tried, under the key that it keeps for every try.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from doorstep.client import Answer, Unreachable
from proto import ids

#: Refusals that no later try changes. Whatever else is no yes is tried again later:
#: nobody could be asked, or the phone has to sign in first.
FINAL = frozenset({400, 403, 404, 409, 410, 413, 422})


class Sender(Protocol):
    """Whoever posts for the phone."""

    def post(self, path: str, body: Any, key: str | None = None) -> Answer: ...


@dataclass(frozen=True)
class Order:
    """One thing to send. `first`: somebody may be in danger."""

    path: str
    body: Any
    key: str
    first: bool = False


@dataclass(frozen=True)
class Sent:
    """An order that is answered for good, and how."""

    order: Order
    answer: Answer


@dataclass
class Outgoing:
    """The orders that wait on one phone, in the order in which they are sent."""

    file: Path
    waiting: list[Order] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path) -> "Outgoing":
        """Return what waits, by the file; a last line that was cut short never counted."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        its = cls(folder / "outgoing.jsonl")
        whole = its.file.read_bytes() if its.file.exists() else b""
        for line in whole[: whole.rfind(b"\n") + 1].splitlines():
            its.waiting.append(Order(**json.loads(line)))
        return its

    def add(self, path: str, body: Any) -> Order:
        """Let an order wait; a call for help goes before all that waits already."""
        order = Order(path, body, str(ids.new()), path.endswith("/help"))
        before = sum(each.first for each in self.waiting)
        self.waiting.insert(before if order.first else len(self.waiting), order)
        self._keep()
        return order

    def send(self, sender: Sender) -> list[Sent]:
        """Send what waits until nobody answers for good; return what was answered.

        What was taken is gone, and what was refused for good. After each answer it is
        looked what is first now: help that was called meanwhile does not wait for the rest.
        """
        sent = []
        while self.waiting:
            order = self.waiting[0]
            try:
                answer = sender.post(order.path, order.body, order.key)
            except Unreachable:
                break
            if not is_final(answer.status):
                break
            self.waiting.remove(order)
            self._keep()
            sent.append(Sent(order, answer))
        return sent

    def _keep(self) -> None:
        """Write anew what waits: whole and on disk before it is believed."""
        lines = [json.dumps(vars(each), separators=(",", ":")) for each in self.waiting]
        made = self.file.with_suffix(".new")
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, "".join(f"{line}\n" for line in lines).encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        made.replace(self.file)
        sync(self.file.parent)


def is_final(status: int) -> bool:
    """Tell whether an order was taken, or will never be."""
    return 200 <= status < 300 or status in FINAL


def sync(folder: Path) -> None:
    """Let a file's new name outlive the machine."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
