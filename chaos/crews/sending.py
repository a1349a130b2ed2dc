"""How a phone of a crew sends what waits on it: each order is in a ledger, as all others.

`doorstep/outgoing.py` says what goes first and when it is over; here it meets the wire.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from chaos.crews.asking import PATIENCE_S, PAUSE_S, Asker, GaveUp
from chaos.crews.ledger import Told
from chaos.crews.repeating import Repeater
from doorstep.client import Answer, Gateway, Unreachable
from doorstep.phone import Phone
from proto.base import Command
from proto.field_visit import RecordJournal, SummonHelp

#: What may become of a fact that is sent with a grant: the service has it, or the gateway.
TAKEN = ("200", "202")
BY_ENDING: Mapping[str, type[Command]] = {"journal": RecordJournal, "help": SummonHelp}


@dataclass
class Line:
    """The line of one phone at one door; what it sends again keeps its key."""

    asker: Asker
    visit_id: UUID
    repeater: Repeater
    known: dict[str, Told] = field(default_factory=dict)

    def post(self, path: str, body: Any, key: str | None = None) -> Answer:
        """Try an order once (`doorstep.outgoing.Sender`). Raises Unreachable."""
        assert key is not None, "a phone knows the key of what it sends"
        kind = BY_ENDING[path.rpartition("/")[2]]
        if key not in self.known:
            begun = self.asker.begun(kind, self.visit_id, body, key, TAKEN)
            self.known[key] = begun
        told = self.known[key]
        done = self.asker.once(told, body, "first")
        if done.status == 401:
            self.asker.sign_in_again()
        if done.status is None:
            raise Unreachable(self.asker.http.url)
        self.repeater.consider(self.asker, told, body, other=not done.landed)
        return Answer(done.status, done.reply or {})


def send_all(phone: Phone, line: Line) -> None:
    """Let a phone send until nothing waits on it. Raises GaveUp."""
    give_up = time.monotonic() + PATIENCE_S
    while phone.outgoing.waiting:
        phone.send(line)
        if phone.outgoing.waiting:
            if time.monotonic() > give_up:
                raise GaveUp(phone.outgoing.waiting[0].path)
            time.sleep(line.asker.luck.uniform(*PAUSE_S))


def come_whole(phone: Phone, line: Line) -> None:
    """Send until the service itself keeps all that the phone has written.

    Nothing of that lands: an ask that follows rests on it. Raises GaveUp.
    """
    path, granted = f"/v1/visits/{line.visit_id}/journal", line.asker.grants
    grant = granted.pop(str(line.visit_id), None)
    while waiting := phone.unconfirmed():
        phone.outgoing.add(path, {"journal": waiting.model_dump(mode="json")})
        send_all(phone, line)
    if grant:
        granted[str(line.visit_id)] = grant


def got(asker: Asker, fetch: Callable[[Gateway], Answer]) -> Answer:
    """Ask a question until somebody answers; nothing is changed by it. Raises GaveUp."""
    give_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            answer = fetch(asker.http)
        except (Unreachable, httpx.TransportError):
            answer = Answer(503)
        if answer.status not in (401, 503):
            return answer
        if answer.status == 401:
            asker.sign_in_again()
        if time.monotonic() > give_up:
            raise GaveUp("a question")
        time.sleep(asker.luck.uniform(*PAUSE_S))


def take_grant(asker: Asker, visit_id: UUID) -> None:
    """Fetch by whose word facts of a visit land, as a phone does before it sets out."""
    answer = got(asker, lambda http: http.get(f"/v1/visits/{visit_id}/grant"))
    if answer.ok:
        asker.grants[str(visit_id)] = str(answer.body["grant"])
