"""Who hears what: the one registry of exchanges, queues and bindings.

It is declared before anything is published, so that an event said before a service's
first start waits for it.
"""

from typing import Any

from proto.base import Event
from proto.dispatch import CaseStanding, VisitPlanned
from proto.field_visit import (
    BreachRecorded,
    CheckInNotAllowed,
    CollectorsArrived,
    EntryNotAllowed,
    TalkNotAllowed,
)
from proto.letters import AuthorisationStanding
from proto.workforce import AgencyStanding, DeviceStanding, PersonStanding

#: Every event goes here, under its topic.
EVENTS = "doorstep.events"
#: Commands go here, under `<service>.<operation>`; the name is nameko's.
COMMANDS = "nameko-rpc"
#: Hears everything, keeps a week, is read and not consumed.
STREAM = "doorstep.stream"
#: Messages that nobody can decode.
UNDECODABLE = "doorstep.undecodable"

HEARS: dict[str, tuple[type[Event], ...]] = {
    "dispatch": (AgencyStanding, PersonStanding, AuthorisationStanding),
    "letters": (AgencyStanding, PersonStanding),
    "field_visit": (
        AgencyStanding,
        PersonStanding,
        DeviceStanding,
        AuthorisationStanding,
        CaseStanding,
        VisitPlanned,
    ),
    "contact": (CaseStanding,),
    "complaints": (CaseStanding, CollectorsArrived),
    "recovery": (CaseStanding,),
    "oversight": (
        CheckInNotAllowed,
        TalkNotAllowed,
        EntryNotAllowed,
        BreachRecorded,
    ),
}

#: Every service, in the order they are listed everywhere. workforce hears nobody yet.
SERVICES = (
    "dispatch",
    "contact",
    "field_visit",
    "complaints",
    "letters",
    "recovery",
    "workforce",
    "oversight",
)

QUEUE_ARGUMENTS: dict[str, Any] = {
    "x-single-active-consumer": True,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": UNDECODABLE,
}
STREAM_ARGUMENTS: dict[str, Any] = {
    "x-queue-type": "stream",
    "x-max-age": "7D",
    "x-stream-max-segment-size-bytes": 50_000_000,
}


def queue(service: str) -> str:
    """Return the name of the queue of everything a service hears."""
    return f"events.{service}"


def topics(service: str) -> tuple[str, ...]:
    """Return what a service's queue is bound to."""
    return tuple(event.topic() for event in HEARS.get(service, ()))
