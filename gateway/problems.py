"""Problems as the world sees them: `application/problem+json` (RFC 9457)."""

import json
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from chassis.errors import Refused
from chassis.rpc import Answered
from gateway.wording import catalogue, preferred
from proto.base import Problem
from proto.decision import Decision, Text
from proto.field_visit import Ahead

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One field or row that is wrong; `pointer` as in RFC 6901, `kind` for programs."""

    pointer: str
    kind: str
    detail: str


class ProblemShown(BaseModel):
    """Why nothing was done, in the caller's language (RFC 9457).

    `type` is `/problems/<kind>`; `instance` is the trace this request has in our logs.
    """

    model_config = ConfigDict(title="Problem")

    type: str = Field(examples=["/problems/not-found"])
    title: str
    status: int
    detail: str
    instance: str = Field(examples=["urn:uuid:01926f3a-7c1e-7000-8000-000000000000"])
    errors: list[FieldProblem] | None = None


class NotAllowed(ProblemShown):
    """The act was asked and is not allowed: the decision, each clause with its reason.

    At a door `visit_id`, `script`, `ahead` and `payment_code` (always null) come with it,
    and with a cash authority its `authority_id` and `state`. A 403 of another kind has
    none of these.
    """

    model_config = ConfigDict(title="NotAllowed")

    decision: Decision | None = None
    authority_id: str | None = None
    state: str | None = None
    visit_id: str | None = None
    script: Text | None = None
    ahead: list[Ahead] | None = None
    payment_code: None = None


def respond(request: Request, problem: Problem, **more: Any) -> Response:
    """Answer with a problem in the caller's language. `more` are further members."""
    language = preferred(request.headers.get("accept-language"))
    words = catalogue(language)
    said = words.problem(problem)
    status = problem.status if 400 <= problem.status <= 599 else 500
    body: dict[str, Any] = {
        "type": f"/problems/{problem.kind}",
        "title": said.title,
        "status": status,
        "detail": said.detail,
        "instance": instance(request),
    }
    if problem.details:
        body["errors"] = [
            {"pointer": each.pointer, "kind": each.kind, "detail": words.detail(each)}
            for each in problem.details
        ]
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    headers |= ask_again(status, problem.values)
    text = json.dumps(body | more, ensure_ascii=False, default=str)
    content = text.encode("utf-8", "backslashreplace")
    return Response(content, status, headers, media_type=MEDIA_TYPE)


def ask_again(status: int, values: dict[str, Any]) -> dict[str, str]:
    """Return the headers that say how to do better."""
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="doorstep"'}
    if status == 416:
        return {"Content-Range": f"bytes */{values.get('size', 0)}"}
    if status in (429, 503):
        return {"Retry-After": str(values.get("seconds", 1))}
    return {}


def instance(request: Request) -> str:
    return f"urn:uuid:{request.scope['trace']}"


async def refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return respond(request, error.problem())


async def answered(request: Request, error: Exception) -> Response:
    """A service said no."""
    assert isinstance(error, Answered)
    return respond(request, error.problem)


async def from_framework(request: Request, error: Exception) -> Response:
    """No such route, or not by this method."""
    assert isinstance(error, HTTPException)
    kinds = {404: "route-not-found", 405: "method-not-allowed"}
    values = {"method": request.method}
    if allowed := (error.headers or {}).get("Allow"):
        values["allowed"] = allowed
    kind = kinds.get(error.status_code, "unexpected")
    problem = Problem(kind=kind, status=error.status_code, values=values)
    response = respond(request, problem)
    response.headers.update(error.headers or {})
    return response


def unexpected() -> Problem:
    """Return what is said of an error of ours; the trace finds it in the log."""
    return Problem(kind="unexpected", status=500)
