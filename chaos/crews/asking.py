"""Ask as a phone does: the same order under the same key until somebody answers.

An answer is kept when it is a 2xx, or a refusal with its decision. Other refusals left
nothing behind and are final as well; no answer and 503 are asked again.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from threading import Event
from typing import Any
from uuid import UUID

import httpx

from chaos.crews.attempts import Attempt
from chaos.crews.ledger import Ledger, Operation, Told, Try, Why
from chassis import answers
from doorstep.client import Gateway, authorities
from doorstep.errors import DoorstepError
from gateway.asks import ASKS
from gateway.landing.giving import RECEIPT_HEADER
from gateway.landing.grants import HEADER as GRANT_HEADER
from proto import ids
from proto.base import Command
from proto.complaints import FileComplaint
from proto.field_visit import RecordJournal, SummonHelp
from proto.signing import digest

#: Seconds: no answer after so long is none; a pause before the next try; giving up.
TIMEOUT_S, PAUSE_S, PATIENCE_S = 5.0, (0.1, 0.6), 120.0
#: What of a refusal is the decision, and not the words around it.
KEPT_OF_A_REFUSAL = ("visit_id", "decision", "script", "ahead", "payment_code")
#: What lands at the gateway when nobody can be asked, if a grant came with it.
FACTS = (RecordJournal, SummonHelp, FileComplaint)
PATHS = {ask.command.operation(): ask.path for ask in ASKS}


class GaveUp(Exception):
    """An order was not answered for two minutes: nobody knows what became of it."""


@dataclass
class Asker:
    """One signed-in account, with a connection and a ledger of its own.

    `sign_in` makes a new session when the token has run out.
    """

    http: Gateway
    principal: UUID
    sign_in: Callable[[], Gateway]
    ledger: Ledger
    luck: Random
    stop: Event
    #: Of each visit, by whose word facts of it are taken in while nobody can be asked.
    grants: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = httpx.Client(
            base_url=self.http.url,
            timeout=TIMEOUT_S,
            trust_env=False,
            verify=authorities(),
        )

    def ask(
        self,
        kind: type[Command],
        about: UUID,
        body: Mapping[str, Any],
        *expects: str,
        forbidden: Attempt | None = None,
    ) -> Told:
        """Have an order answered. `about` is the id in its path that no body names.

        Raises GaveUp.
        """
        key = str(ids.new())
        told = self.begun(kind, about, body, key, expects, forbidden=forbidden)
        self.until_answered(told, body, "first")
        return told

    def begun(
        self,
        kind: type[Command],
        about: UUID,
        body: Mapping[str, Any],
        key: str,
        expects: tuple[str, ...],
        *,
        forbidden: Attempt | None = None,
    ) -> Told:
        """Return an order that was not sent yet."""
        named = {name: str(about) for name in path_ids(kind.operation())}
        command = kind.model_validate({**named, **body})
        operation = Operation(
            key=key,
            principal=str(self.principal),
            name=kind.operation(),
            about=str(about),
            digest=answers.digest(command),
            expects=expects,
            forbidden=forbidden.kind if forbidden else "",
            clauses=forbidden.clauses if forbidden else (),
            sha256=digest(body) if kind in FACTS else "",
        )
        return Told(operation)

    def until_answered(self, told: Told, body: Mapping[str, Any], why: Why) -> None:
        """Send it until there is an answer, a final one. Raises GaveUp."""
        give_up = time.monotonic() + PATIENCE_S
        while True:
            done = self.once(told, body, why)
            if not done.failed:
                return
            if time.monotonic() > give_up:
                raise GaveUp(told.operation.name)
            if done.status == 401:
                self.sign_in_again()
            time.sleep(self.luck.uniform(*PAUSE_S))

    def once(self, told: Told, body: Mapping[str, Any], why: Why) -> Try:
        """Send it once; what was sent and what came back is on disk around that."""
        operation, number = told.operation, len(told.tries)
        done = Try(why, time.time())
        told.tries.append(done)
        self.ledger.sent(operation, number, why, done.began)
        headers = self.http.headers | {"Idempotency-Key": operation.key}
        grant = self.granted(operation) if why == "first" else {}
        headers, done.granted = headers | grant, bool(grant)
        try:
            response = self.client.post(path_of(told, body), json=body, headers=headers)
        except httpx.TransportError:
            return done
        done.ended, done.status = time.time(), response.status_code
        note(done, response)
        self.ledger.answered(operation, number, done)
        return done

    def sign_in_again(self) -> None:
        """Begin a new session if somebody answers; else the next 401 has it tried again."""
        with suppress(DoorstepError):
            self.http = self.sign_in()

    def granted(self, operation: Operation) -> dict[str, str]:
        """Return the grant that a fact is sent with; nothing else lands."""
        grant = self.grants.get(operation.about) if operation.sha256 else None
        return {GRANT_HEADER: grant} if grant else {}


def note(done: Try, response: httpx.Response) -> None:
    """Take down what an answer says: its kind, and the reply that must be kept."""
    try:
        body = response.json()
    except ValueError:
        done.kind = "no-json"
        return
    if response.is_success:
        done.reply = body
        header = response.headers.get(RECEIPT_HEADER, "")
        done.receipt = header or str(body.get("receipt", ""))
        return
    done.kind = str(body.get("type", "")).rpartition("/")[2]
    if done.kind == "not-allowed":
        done.reply = {name: body.get(name) for name in KEPT_OF_A_REFUSAL}


def path_ids(name: str) -> Sequence[str]:
    return [part[1:-1] for part in PATHS[name].split("/") if part.startswith("{")]


def path_of(told: Told, body: Mapping[str, Any]) -> str:
    """Return the path of an operation, with its ids: of which the body may name one."""
    name, about = told.operation.name, told.operation.about
    return PATHS[name].format(**{key: body.get(key, about) for key in path_ids(name)})
