"""The API's own description: OpenAPI 3.1, made from the doors.

Each door's schemas are pydantic's; their definitions are lifted into one place.
"""

from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel

from gateway.door import Door, doors
from gateway.problems import MEDIA_TYPE, NotAllowed, ProblemShown
from gateway.roles import OPEN
from proto.base import Command
from proto.field_visit import Clearance

Schema = dict[str, Any]

REF = "#/components/schemas/{model}"
WHY = {
    "400": "The body is not JSON that can be kept",
    "401": "Nobody is signed in, or the token is no longer good",
    "403": "Not for this role, or not allowed: then with the decision",
    "404": "There is no such thing, or it is not for the caller to know",
    "409": "The thing is no longer in a state that allows this",
    "413": "The body is too large",
    "415": "The body is not said to be JSON",
    "422": "Fields or rows are wrong, each named by a pointer",
    "429": "Asked too often; Retry-After says when to ask again",
    "503": "Something needed does not answer; ask again after Retry-After",
}
KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A fresh UUID for each order, best a UUIDv7; the same for every try",
    "schema": {"type": "string", "maxLength": 255},
}
OF_BODIES = frozenset({"400", "413", "415", "422"})


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
    return found


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
    if door.keyed:
        found.append(KEY)
    if door.media == "text/event-stream":
        number = {"type": "integer", "minimum": 0}
        found.append({"name": "Last-Event-ID", "in": "header", "schema": number})
    return found


def gives(door: Door) -> Schema:
    if door.gives is None:
        return {"204": {"description": "Done"}}
    schema = schema_of(door.gives, "serialization")
    content = {door.media: {"schema": schema}}
    found: Schema = {"200": {"description": summary(door.gives), "content": content}}
    if door.gives is Clearance:
        found["202"] = {"description": "Not yet: wait and ask again", "content": content}
    return found


def problems(door: Door) -> Schema:
    """Return the problems a door may answer with."""
    statuses = {"404", "409", "503"} if door.path.startswith("/v1/") else {"503"}
    statuses |= {"429"} if door.name == "sign_in" else set()
    statuses |= {"401"} if door.takes else set()
    statuses |= {"401", "403"} if door.roles is not OPEN else set()
    statuses |= OF_BODIES if door.takes or door.name == "list_visits" else set()
    return {
        status: {
            "description": WHY[status],
            "content": {MEDIA_TYPE: {"schema": problem_schema(door, status)}},
        }
        for status in sorted(statuses)
    }


def problem_schema(door: Door, status: str) -> Schema:
    refusal = status == "403" and door.gives is Clearance
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
        for door in doors(app):
            paths.setdefault(door.path, {})[door.method.lower()] = described(door)
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
