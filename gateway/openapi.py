"""The API's own description: OpenAPI 3.1, made from the doors.

Each door's schemas are pydantic's; their definitions are lifted into one place.
"""

from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel

from chassis.streams import WRITTEN
from gateway.asks import ASKS
from gateway.door import Door, doors
from gateway.pages import Page
from gateway.problems import MEDIA_TYPE, NotAllowed, ProblemShown
from gateway.roles import OPEN
from proto.base import Command
from proto.decision import Judgement
from proto.grants import Landed
from proto.looking import LookReason

Schema = dict[str, Any]

REF = "#/components/schemas/{model}"
WHY = {
    "400": "The body is not JSON that can be kept",
    "401": "Nobody is signed in, or the token is no longer good",
    "403": "Not for this role, or not allowed: then with the decision",
    "404": "There is no such thing, or it is not for the caller to know",
    "409": "The thing is no longer in a state that allows this",
    "410": "It was ended, or its time is over",
    "412": "Another version of tus",
    "413": "The body is too large",
    "415": "The body is not said to be JSON",
    "416": "That part is not in the file",
    "422": "Fields or rows are wrong, each named by a pointer",
    "429": "Asked too often; Retry-After says when to ask again",
    "460": "The bytes are not those that were announced",
    "503": "Something needed does not answer; ask again after Retry-After",
}
KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A fresh UUID for each order, best a UUIDv7; the same for every try",
    "schema": {"type": "string", "maxLength": 255},
}
GRANT: Schema = {
    "name": "Visit-Grant",
    "in": "header",
    "description": "The visit's grant; with it this is taken in without its service",
    "schema": {"type": "string"},
}
RECEIPT: Schema = {
    "Doorstep-Receipt": {
        "description": "That we have it: a landing receipt as a compact JWS",
        "schema": {"type": "string"},
    }
}
#: Where there is no account: strangers are one, and share their keys.
KEY_OF_STRANGERS: Schema = KEY | {
    "description": "A fresh random UUID for each order; the same for every try",
    "schema": {"type": "string", "format": "uuid"},
}
#: Where tries are counted: a name and its password, whatever a stranger asks, and how
#: many streams an account reads.
COUNTED = {"sign_in", "follow_visit", "follow_events", "collect_pack"} | {
    ask.command.operation() for ask in ASKS if ask.roles is OPEN
}
#: What is asked in the query, and may be wrong as a body may.
IN_QUERY = frozenset(
    {
        *("collect_pack", "list_visits", "list_tree_heads"),
        *("open_evidence", "show_report", "see_media"),
    }
)
LOOK_REASON: Schema = {
    "name": "reason",
    "in": "query",
    "required": True,
    "schema": {"type": "string", "enum": [each.value for each in LookReason]},
}
QUERIES: dict[str, list[Schema]] = {
    "open_evidence": [LOOK_REASON],
    "show_report": [LOOK_REASON],
    "see_media": [
        LOOK_REASON | {"required": False},
        {"name": "original", "in": "query", "schema": {"type": "boolean"}},
    ],
    "list_tree_heads": [
        {
            "name": "limit",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": 400, "default": 100},
        },
        {
            "name": "before",
            "in": "query",
            "schema": {"type": "string", "format": "uuid"},
        },
    ],
}
OF_BODIES = frozenset({"400", "413", "415", "422"})
#: What tus answers with, by https://tus.io/protocols/resumable-upload.
OF_TUS = frozenset({"400", "410", "412"})
OF_STREAMS = frozenset({"413", "415", "460"})


def described(door: Door) -> Schema:
    """Return what OpenAPI says of a door, its schemas still inside."""
    found: Schema = {
        "operationId": door.name,
        "summary": door.name.replace("_", " ").capitalize(),
        "description": door.says,
        "tags": [door.path.split("/")[2] if door.path.startswith("/v1/") else "process"],
        "parameters": parameters(door),
        "responses": {**gives(door), **problems(door)},
        "security": [{"access_token": []}] if door.roles is not OPEN else [],
    }
    if door.roles is not OPEN:
        found["x-roles"] = sorted(role.value for role in door.roles)
    if door.takes:
        schema = schema_of(door.takes, "validation", optional=door.path_ids)
        content = {"application/json": {"schema": schema}}
        found["requestBody"] = {"required": True, "content": content}
    if door.streams:
        found["requestBody"] = {"required": True, "content": {door.streams: {}}}
    return found


def apart(door: Door) -> str:
    """Return the id of an operation that has several doors: `show_timeline_of_case`."""
    return f"{door.name}_of_{'_'.join(door.path_ids).replace('_id', '')}"


def parameters(door: Door) -> list[Schema]:
    uuid = {"type": "string", "format": "uuid"}
    found: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": uuid}
        for name in door.path_ids
    ]
    if door.name == "list_visits":
        whole = {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
        found += [
            {"name": "limit", "in": "query", "schema": whole},
            {"name": "after", "in": "query", "schema": uuid},
        ]
    if door.name == "collect_pack":
        found.append({"name": "device_id", "in": "query", "required": True, "schema": uuid})
    if door.name in QUERIES:
        found += QUERIES[door.name]
    if door.keyed:
        found.append(KEY_OF_STRANGERS if door.roles is OPEN else KEY)
    if door.lands is Landed:
        found.append(GRANT)
    text: Schema = {"type": "string"}
    found += [{"name": name, "in": "header", "schema": text} for name in door.asks]
    if door.media == "text/event-stream":
        place = {"type": "string", "pattern": f"^({WRITTEN.pattern})$"}
        found.append({"name": "Last-Event-ID", "in": "header", "schema": place})
    return found


def gives(door: Door) -> Schema:
    if door.gives is None:
        return {str(door.status): {"description": "Done"}}
    schema = schema_of(door.gives, "serialization")
    content = {door.media: {"schema": schema}}
    found: Schema = {"200": {"description": summary(door.gives), "content": content}}
    if door.lands:
        landed = {"application/json": {"schema": schema_of(door.lands, "serialization")}}
        found["202"] = {"description": summary(door.lands), "content": landed}
    if door.lands is Landed:
        found["200"]["headers"] = RECEIPT
    if judged(door):
        found["202"] = {"description": "Not yet: wait and ask again", "content": content}
    return found


def problems(door: Door) -> Schema:
    """Return the problems a door may answer with."""
    statuses = {"404", "409", "503"} if door.path.startswith("/v1/") else {"503"}
    statuses |= {"429"} if door.name in COUNTED else set()
    statuses |= {"401"} if door.takes else set()
    statuses |= {"401", "403"} if door.roles is not OPEN else set()
    statuses |= OF_TUS if "Tus-Resumable" in door.asks else set()
    statuses |= OF_STREAMS if door.streams else set()
    statuses |= {"413", "422", "429"} if door.name == "make_upload" else set()
    statuses |= {"416"} if "Range" in door.asks else set()
    statuses |= OF_BODIES if door.takes or door.name in IN_QUERY else set()
    statuses |= {"422"} if door.media == "text/event-stream" else set()
    return {
        status: {
            "description": WHY[status],
            "content": {MEDIA_TYPE: {"schema": problem_schema(door, status)}},
        }
        for status in sorted(statuses)
    }


def judged(door: Door) -> bool:
    """Tell whether it answers with a decision, which may be `wait` or a no."""
    return door.gives is not None and issubclass(door.gives, Judgement)


def problem_schema(door: Door, status: str) -> Schema:
    refusal = status == "403" and judged(door)
    return schema_of(NotAllowed if refusal else ProblemShown, "serialization")


def schema_of(
    model: type[BaseModel],
    mode: Literal["validation", "serialization"],
    optional: tuple[str, ...] = (),
) -> Schema:
    """Return a reference to a model, with every definition it needs beside it.

    `optional` fields need not be in the body: the path names them.
    """
    schema = model.model_json_schema(ref_template=REF, mode=mode)
    definitions = schema.pop("$defs", {})
    if issubclass(model, Command) and "required" in schema:
        schema["required"] = [each for each in schema["required"] if each not in optional]
    name = schema.get("title", model.__name__)
    return {"$ref": REF.format(model=name), "$defs": {name: schema} | definitions}


def summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or model.__name__).strip().partition("\n")[0]


def document(app: FastAPI) -> Schema:
    """Return the whole description."""
    if app.openapi_schema is None:
        paths: Schema = {}
        opened = [door for door in doors(app) if door.gives is not Page]  # for people
        names = [door.name for door in opened]
        for door in opened:
            one_of_many = names.count(door.name) > 1
            its = described(door) | ({"operationId": apart(door)} if one_of_many else {})
            paths.setdefault(door.path, {})[door.method.lower()] = its
        schemas: Schema = {}
        lift(paths, schemas)
        scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        app.openapi_schema = {
            "openapi": "3.1.0",
            "info": {
                "title": "Doorstep",
                "version": app.version,
                "description": "Debt-collection field visits that stay inside the rules.",
            },
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {"access_token": scheme},
            },
        }
    return app.openapi_schema


def lift(node: Any, schemas: Schema) -> None:
    """Move the definitions out of each schema into `schemas`.

    Raises ValueError when two different things have one name.
    """
    if isinstance(node, list):
        for each in node:
            lift(each, schemas)
    if not isinstance(node, dict):
        return
    for name, schema in node.pop("$defs", {}).items():
        if schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two schemas are called {name}; rename one")
    for each in node.values():
        lift(each, schemas)
