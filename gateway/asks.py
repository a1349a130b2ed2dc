"""Every route that is one question to one service. The table is the whole API of them."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.responses import Response

from chassis.errors import Invalid
from gateway import bodies, problems
from gateway.bodies import IMPORT, PHONE
from gateway.door import Call, Door, Work, mount
from gateway.roles import (
    BANK,
    COLLECTORS,
    DEVICE_KEEPERS,
    SUPERVISORS,
    VISIT_READERS,
    Roles,
)
from gateway.wording import Language, preferred
from proto import ids
from proto.base import Answer, Command, Detail, Problem, Reply
from proto.decision import Outcome
from proto.dispatch import (
    CaseShown,
    CasesOpened,
    HoldCase,
    OpenCases,
    PlanVisits,
    ResumeCase,
    VisitsPlanned,
)
from proto.field_visit import (
    CheckIn,
    CheckOut,
    Clearance,
    Closed,
    DiscussDebt,
    EnterPremises,
    ListVisits,
    Received,
    RecordJournal,
    ShowVisit,
    VisitList,
    VisitShown,
)
from proto.letters import IssueAuthorisations, Issued, RevokeAuthorisation
from proto.workforce import (
    DeviceShown,
    EnrolDevice,
    RegisterAgencies,
    RegisterDevices,
    Registered,
    RegisterPeople,
    RevokeDevice,
)


@dataclass(frozen=True)
class Ask:
    """A route, the service that answers, and who may ask it."""

    method: str
    path: str
    service: str
    command: type[Command]
    reply: type[Reply]
    roles: Roles
    most: int = PHONE

    def door(self) -> Door:
        return Door(
            name=self.command.operation(),
            method=self.method,
            path=self.path,
            roles=self.roles,
            takes=self.command if self.method == "POST" else None,
            gives=self.reply,
            most=self.most,
            says=self.command.__doc__ or "",
            keyed=self.method == "POST",
        )


#: Characters of an idempotency key.
LONGEST_KEY = 255

VISIT = "/v1/visits/{visit_id}"
CASE = "/v1/cases/{case_id}"
DEVICE = "/v1/devices/{device_id}"
LETTER = "/v1/authorisations/{letter_id}"

# fmt: off
ASKS = (
    Ask("POST", "/v1/agencies", "workforce", RegisterAgencies, Registered, BANK, IMPORT),
    Ask("POST", "/v1/people", "workforce", RegisterPeople, Registered, BANK, IMPORT),
    Ask("POST", "/v1/devices", "workforce", RegisterDevices, Registered, BANK, IMPORT),
    Ask("POST", f"{DEVICE}/key", "workforce", EnrolDevice, DeviceShown, COLLECTORS),
    Ask("POST", f"{DEVICE}/revocation", "workforce", RevokeDevice, DeviceShown, DEVICE_KEEPERS),  # noqa: E501
    Ask("POST", "/v1/authorisations", "letters", IssueAuthorisations, Issued, BANK, IMPORT),
    Ask("POST", f"{LETTER}/revocation", "letters", RevokeAuthorisation, Issued, BANK),
    Ask("POST", "/v1/cases", "dispatch", OpenCases, CasesOpened, BANK, IMPORT),
    Ask("POST", f"{CASE}/hold", "dispatch", HoldCase, CaseShown, BANK),
    Ask("POST", f"{CASE}/resumption", "dispatch", ResumeCase, CaseShown, BANK),
    Ask("POST", "/v1/visits", "dispatch", PlanVisits, VisitsPlanned, SUPERVISORS, IMPORT),
    Ask("GET", "/v1/visits", "field_visit", ListVisits, VisitList, VISIT_READERS),
    Ask("GET", VISIT, "field_visit", ShowVisit, VisitShown, VISIT_READERS),
    Ask("POST", f"{VISIT}/check-ins", "field_visit", CheckIn, Clearance, COLLECTORS),
    Ask("POST", f"{VISIT}/journal", "field_visit", RecordJournal, Received, COLLECTORS),
    Ask("POST", f"{VISIT}/asks/discuss-debt", "field_visit", DiscussDebt, Clearance, COLLECTORS),  # noqa: E501
    Ask("POST", f"{VISIT}/asks/enter-premises", "field_visit", EnterPremises, Clearance, COLLECTORS),  # noqa: E501
    Ask("POST", f"{VISIT}/check-out", "field_visit", CheckOut, Closed, COLLECTORS),
)
# fmt: on


def open_doors(app: FastAPI) -> None:
    for ask in ASKS:
        mount(app, ask.door(), asking(ask))


def asking(ask: Ask) -> Work:
    """Return what is done at this door: make the command, ask, show the reply."""

    async def work(call: Call, body: Any) -> Response:
        question = ask.method == "GET"
        key = None if question else idempotency_key(call)
        fields = in_query(call) if question else body
        command = await made(ask, with_path_ids(fields, call.path_ids))
        answer = await call.parts.services.ask(
            ask.service, command, call.claims.asker(), trace=call.trace, key=key
        )
        return shown(call, answer)

    return work


async def made(ask: Ask, fields: Any) -> Command:
    """Return the command. A whole import is checked in a thread. Raises Invalid."""
    if ask.most > PHONE:
        return await asyncio.to_thread(bodies.check, ask.command, fields)
    return bodies.check(ask.command, fields)


def with_path_ids(fields: Any, path_ids: dict[str, str]) -> Any:
    """Put the ids of the path in. Raises Invalid when the body names another thing."""
    if not isinstance(fields, dict):
        return fields
    details = tuple(
        Detail(pointer=f"/{name}", kind="other-id", values={"key": key})
        for name, key in path_ids.items()
        if str(fields.get(name, key)).lower() != key
    )
    if details:
        raise Invalid("malformed", *details)
    return fields | path_ids


def in_query(call: Call) -> dict[str, str]:
    """Return the query's parameters. Raises Invalid when one is given twice."""
    pairs = call.request.query_params.multi_items()
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Invalid("malformed", Detail(pointer="", kind="duplicate-name"))
    return found


def idempotency_key(call: Call) -> UUID:
    """Return the key of this order: the same one for every try of it.

    A UUID as it is, best a UUIDv7; any other text by its name. Raises Invalid.
    """
    text = call.request.headers.get("idempotency-key", "").strip().strip('"')
    if not text or len(text) > LONGEST_KEY:
        wrong = "key-missing" if not text else "key-too-long"
        raise Invalid(wrong, most=LONGEST_KEY)
    try:
        return UUID(text)
    except ValueError:
        return ids.named("idempotency_key", text)


def shown(call: Call, answer: Answer) -> Response:
    """Answer with a reply; a decision that does not proceed says so by its status."""
    assert answer.reply is not None
    if answer.outcome in (Outcome.ASK, Outcome.STOP):
        return not_allowed(call, Clearance.model_validate_json(answer.reply))
    status = 202 if answer.outcome == Outcome.WAIT else 200
    return Response(answer.reply, status, media_type="application/json")


def not_allowed(call: Call, clearance: Clearance) -> Response:
    """Answer 403 with the decision inside; its reasons bring their own sentences."""
    act = clearance.decision.act.value
    problem = Problem(kind="not-allowed", status=403, values={"act": act})
    more = json.loads(clearance.model_dump_json())
    if says := reasons(clearance, preferred(call.request.headers.get("accept-language"))):
        more["detail"] = says
    return problems.respond(call.request, problem, **more)


def reasons(clearance: Clearance, language: Language) -> str:
    """Return every reason and what would cure it, in sentences."""
    texts = [
        text[language]
        for reason in clearance.decision.reasons
        for text in (reason.says, reason.cure)
        if language in text
    ]
    return " ".join(dict.fromkeys(texts))
