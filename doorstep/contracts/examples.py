"""One example of each command and event, with every field and shape that it can have.

They are made once and then kept: what was sent like this last year is read today, or a
test fails.
"""

import json
from typing import Any

from doorstep.contracts.messages import Kind, Schema, messages
from proto.base import Command, Envelope, Event

#: Texts for patterns and formats of ours; whoever adds one adds a text.
TEXTS = {
    "uuid": "01926f3a-7c1e-7000-8000-000000000001",
    "date-time": "2026-03-02T07:00:00Z",
    "date": "2026-03-02",
    r"^\d+$": "12",
    r"^[A-Za-z0-9_\-]+$": "bmV4dA",
    r"^[a-z_]+$": "visit",
    r"^[A-Za-z0-9_-]{86}$": "A" * 86,
    r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$": "e30.e30." + "A" * 86,
    r"^[A-Za-z0-9_-]{43}$": "A" * 43,
    r"^[\w.\-]+$": "DEV-1",
    r"^([01]\d|2[0-3]):[0-5]\d$": "09:30",
    r"^[A-Z]{3}$": "CNY",
    r"^[0-9a-f]{32}$": "0" * 32,
    r"^[0-9a-f]{64}$": "0" * 64,
    r"^[0-9a-f]{768}$": "0" * 768,
    r"\S": "x",
}


def wanted() -> list[str]:
    """Return the names of the messages that have an example."""
    kinds = (Command, Event, Envelope)
    return [name for name, kind in messages().items() if issubclass(kind, kinds)]


def example(kind: Kind) -> Any:
    """Return an example as it is written on the wire.

    Raises ValidationError when the message asks for more than its schema says: then the
    example has to be written by hand.
    """
    whole = kind.model_json_schema(mode="validation")
    made = filled(whole, whole.get("$defs", {}))[0]
    return json.loads(kind.model_validate_json(json.dumps(made)).model_dump_json())


def filled(node: Schema, shapes: dict[str, Schema]) -> list[Any]:
    """Return values that a schema allows: one, or one of each shape it may have."""
    if "$ref" in node:
        return filled(shapes[node["$ref"].rpartition("/")[2]], shapes)
    if "const" in node or "enum" in node:
        return [node.get("const", node.get("enum", [None])[0])]
    if "oneOf" in node:
        return [value for each in node["oneOf"] for value in filled(each, shapes)]
    if "anyOf" in node:
        return filled(next(x for x in node["anyOf"] if x.get("type") != "null"), shapes)
    if node.get("type") == "object":
        return objects(node, shapes)
    if node.get("type") == "array":
        return [items(node, shapes)]
    return [single(node)]


def single(node: Schema) -> Any:
    match node.get("type"):
        case "string":
            return some_text(node)
        case "integer" | "number":
            return node.get("minimum", node.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
    return {}


def objects(node: Schema, shapes: dict[str, Schema]) -> list[Any]:
    """Return as many objects as it takes to show each shape of each field."""
    fields = {
        name: filled(each, shapes) for name, each in node.get("properties", {}).items()
    }
    most = max(map(len, fields.values()), default=1)
    return [
        {name: values[min(number, len(values) - 1)] for name, values in fields.items()}
        for number in range(most)
    ]


def items(node: Schema, shapes: dict[str, Schema]) -> list[Any]:
    """Return a list with one item of each shape, and at least as many as it must have."""
    if "prefixItems" in node:
        return [filled(each, shapes)[0] for each in node["prefixItems"]]
    found = filled(node.get("items", {}), shapes)
    found += found[:1] * (node.get("minItems", 1) - len(found))
    return found[: node.get("maxItems", len(found))]


def some_text(node: Schema) -> str:
    """Return a text. Raises LookupError for a pattern that nobody gave a text for."""
    key = str(node.get("pattern", node.get("format", "")))
    least = node.get("minLength", 1)
    if key and key not in TEXTS:
        raise LookupError(f"give a text for {key} in doorstep/contracts/examples.py")
    text = TEXTS[key] if key else "x"
    return text * -(-least // len(text)) if len(text) < least else text
