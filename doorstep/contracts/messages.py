"""Every command, reply and event there is, and its JSON Schema (2020-12)."""

import pkgutil
from importlib import import_module
from typing import Any, Literal

import proto
from proto.base import Command, Envelope, Event, Message, Problem, Reply

Schema = dict[str, Any]
Kind = type[Message]
Way = Literal["in", "out"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BASE = ["proto", "base"]
#: Shapes that all messages share, and no message of their own.
SHAPES: tuple[Kind, ...] = (Envelope, Problem)


def messages() -> dict[str, Kind]:
    """Return every message by its name: `field_visit/CheckIn`. Envelopes are among them."""
    modules = [
        import_module(f"proto.{m.name}") for m in pkgutil.iter_modules(proto.__path__)
    ]
    found = [
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, (Command, Event, Reply))
        and thing.__module__.split(".")[:2] == module.__name__.split(".") != BASE
    ]
    return {name(kind): kind for kind in sorted((*found, *SHAPES), key=name)}


def events() -> list[type[Event]]:
    """Return every event there is, by topic."""
    found = [kind for kind in messages().values() if issubclass(kind, Event)]
    return sorted(found, key=lambda event: event.topic())


def name(kind: Kind) -> str:
    """Return a message's name: its part and its own."""
    return f"{kind.__module__.split('.')[1]}/{kind.__name__}"


def way(kind: Kind) -> Way:
    """Tell whether others write it, who must know less, or read it."""
    return "in" if issubclass(kind, Command) else "out"


def schema(kind: Kind) -> Schema:
    """Return the schema of a message as it is written on the wire."""
    mode: Literal["validation", "serialization"] = (
        "validation" if way(kind) == "in" else "serialization"
    )
    return {"$schema": DIALECT, **kind.model_json_schema(mode=mode)}
