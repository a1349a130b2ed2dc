"""What is said on the broker: AsyncAPI 3.0, made from the one registry of who hears what.

A channel for each event, on the exchange `doorstep.events` under its topic; an operation
for each who says it and each who hears it; and the stream that hears all of them.
"""

from importlib.metadata import version

from chassis import topology
from doorstep.contracts.messages import Schema, events, name
from proto.base import Event

#: How a message travels: CloudEvents 1.0 in structured mode, in our own envelope.
DRAFT_2020 = "application/schema+json;version=draft-2020-12"
BINDING = "0.3.0"  # of AsyncAPI's bindings for AMQP 0-9-1


def document() -> Schema:
    """Return the whole description."""
    said = events()
    channels = {event.topic(): channel(event) for event in said}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Doorstep",
            "version": version("doorstep"),
            "description": "What the services of Doorstep tell each other.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "broker:5672",
                "protocol": "amqp",
                "protocolVersion": "0-9-1",
                "description": "RabbitMQ, inside a platform and for itself",
            }
        },
        "channels": channels | {topology.STREAM: stream(said)},
        "operations": operations(said),
        "components": {"messages": {event.topic(): message(event) for event in said}},
    }


def channel(event: type[Event]) -> Schema:
    return {
        "address": event.topic(),
        "description": "A routing key. In a hurry the same event goes under "
        f"`{topology.routing_key(event.topic(), 'urgent')}`.",
        "messages": {event.__name__: {"$ref": to("components/messages", event.topic())}},
        "bindings": {"amqp": binding("routingKey")},
    }


def stream(said: list[type[Event]]) -> Schema:
    """Return the queue that every event goes to, and which is read and not consumed."""
    week = topology.STREAM_ARGUMENTS["x-max-age"]
    queue = {"name": topology.STREAM, "durable": True, "exclusive": False}
    return {
        "address": topology.STREAM,
        "description": f"Hears every event and keeps it ({week}); read by offset.",
        "messages": {
            event.__name__: {"$ref": to("components/messages", event.topic())}
            for event in said
        },
        "bindings": {
            "amqp": {
                "is": "queue",
                "queue": queue | {"autoDelete": False, "vhost": "/"},
                "bindingVersion": BINDING,
            }
        },
    }


def binding(kind: str) -> Schema:
    exchange = {"name": topology.EVENTS, "type": "topic", "durable": True}
    return {
        "is": kind,
        "exchange": exchange | {"autoDelete": False, "vhost": "/"},
        "bindingVersion": BINDING,
    }


def operations(said: list[type[Event]]) -> Schema:
    """Return who says and who hears what."""
    found = {}
    for event in said:
        speaker = event.topic().partition(".")[0]
        found[f"{speaker}.sends.{event.topic()}"] = operation("send", event)
        for service, heard in topology.HEARS.items():
            if event in heard:
                found[f"{service}.receives.{event.topic()}"] = operation("receive", event)
    return found


def operation(action: str, event: type[Event]) -> Schema:
    place = to("channels", event.topic())
    return {
        "action": action,
        "channel": {"$ref": place},
        "messages": [{"$ref": f"{place}/messages/{event.__name__}"}],
    }


def message(event: type[Event]) -> Schema:
    """Return an event in its envelope. Each schema stands in a file of its own."""
    source = f"doorstep/{event.topic().partition('.')[0]}"
    inside = {
        "type": {"const": event.topic()},
        "source": {"const": source},
        "data": {"$ref": f"schemas/{name(event)}.json"},
    }
    return {
        "name": event.topic(),
        "title": event.__name__,
        "summary": (event.__doc__ or event.__name__).strip().partition("\n")[0],
        "contentType": "application/json",
        "payload": {
            "schemaFormat": DRAFT_2020,
            "schema": {
                "allOf": [{"$ref": "schemas/base/Envelope.json"}, {"properties": inside}]
            },
        },
    }


def to(place: str, key: str) -> str:
    """Return a reference within the document (RFC 6901: `/` and `~` are written so)."""
    return f"#/{place}/{key.replace('~', '~0').replace('/', '~1')}"
