"""Who hears what: the one registry of exchanges, queues and bindings.

It is declared before anything is published, so that an event said before a service's
first start waits for it. Routing keys:

* `service.event`              what has happened; the stream hears it, and who asked for it
* `urgent.service.event`       the same, in a hurry: to the urgent queues, and the stream
* `urgent.service.tick.often`  I am here, and have said all I had to say, by the binding
  that a hold comes by: a tick which arrives proves it
* `tick.service.seldom`        the same, for everybody who hears me
* `later.service.order`        what a service told itself to do when its time has come
"""

from typing import Any, Literal

from proto.base import Event
from proto.complaints import WorkStanding
from proto.contact import ThirdPartyStanding
from proto.dispatch import CaseStanding, DangerReportOverdue, LegalHoldLifted, VisitPlanned
from proto.field_visit import (
    AddressFoundWrong,
    AppointmentRecorded,
    BreachRecorded,
    BreachSuspected,
    CashAllowed,
    CashNotAllowed,
    CashTaken,
    CheckInNotAllowed,
    CircumstanceNoted,
    CollectorsArrived,
    ComplaintHeard,
    DebtDisputed,
    EntryNotAllowed,
    HelpCalled,
    LetterNotAllowed,
    MoneyLeftBehind,
    PairSwapped,
    PaymentCodeNotAllowed,
    TalkNotAllowed,
    ThirdPartyMayBeAsked,
    ThirdPartyNotAllowed,
    VisitCutShort,
)
from proto.letters import AuthorisationStanding, TemplateStanding
from proto.recovery import (
    BankingOverdue,
    CashBanked,
    CashNotAuthorised,
    CashStanding,
    MoneyLeftNoted,
    PaymentCodeStanding,
    ReceiptMissing,
)
from proto.workforce import AgencyStanding, DeviceStanding, PersonStanding

Lane = Literal["urgent", "normal"]
LANES: tuple[Lane, ...] = ("urgent", "normal")
Pace = Literal["often", "seldom"]
#: Seconds between two ticks. All parts tick at the same moments, so that those who hear
#: many of them hear them together.
PACES: dict[Pace, float] = {"often": 0.25, "seldom": 2.0}

#: Every event goes here, under its topic.
EVENTS = "doorstep.events"
#: Commands go here, under `<service>.carry_out`; the name is nameko's.
COMMANDS = "nameko-rpc"
#: Hears every event, keeps a week, is read and not consumed. No ticks, no later orders.
STREAM = "doorstep.stream"
STREAM_KEYS = ("*.*", "urgent.*.*")

HEARS: dict[str, tuple[type[Event], ...]] = {
    "dispatch": (
        AgencyStanding,
        PersonStanding,
        AuthorisationStanding,
        TemplateStanding,
        WorkStanding,
        DebtDisputed,
        CircumstanceNoted,
        AddressFoundWrong,
        HelpCalled,
        VisitCutShort,
        PairSwapped,
        AppointmentRecorded,
    ),
    "letters": (AgencyStanding, PersonStanding),
    "field_visit": (
        AgencyStanding,
        PersonStanding,
        DeviceStanding,
        AuthorisationStanding,
        CaseStanding,
        WorkStanding,
        TemplateStanding,
        CashStanding,
        PaymentCodeStanding,
        ThirdPartyStanding,
        VisitPlanned,
        LegalHoldLifted,
    ),
    "contact": (CaseStanding, ThirdPartyMayBeAsked),
    "complaints": (
        CaseStanding,
        VisitPlanned,
        PairSwapped,
        CollectorsArrived,
        ComplaintHeard,
    ),
    "recovery": (
        AgencyStanding,
        PersonStanding,
        CaseStanding,
        CashAllowed,
        CashTaken,
        MoneyLeftBehind,
    ),
    "oversight": (
        CheckInNotAllowed,
        TalkNotAllowed,
        EntryNotAllowed,
        CashNotAllowed,
        LetterNotAllowed,
        PaymentCodeNotAllowed,
        ThirdPartyNotAllowed,
        BreachRecorded,
        BreachSuspected,
        CashNotAuthorised,
        ReceiptMissing,
        BankingOverdue,
        CashBanked,
        MoneyLeftNoted,
        DangerReportOverdue,
    ),
}

#: Whose word may stop an act: an ask is answered only while their ticks are fresh.
SOURCES: dict[str, tuple[str, ...]] = {
    "field_visit": (
        "complaints",
        "contact",
        "dispatch",
        "letters",
        "recovery",
        "workforce",
    ),
    "recovery": ("dispatch",),
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

QUEUE_ARGUMENTS: dict[str, Any] = {"x-single-active-consumer": True}
STREAM_ARGUMENTS: dict[str, Any] = {
    "x-queue-type": "stream",
    "x-max-age": "7D",
    "x-stream-max-segment-size-bytes": 50_000_000,
}


def queue(service: str, lane: Lane = "normal") -> str:
    """Return the name of the queue of everything a service hears on a lane."""
    return f"urgent.{service}" if lane == "urgent" else f"events.{service}"


def commands_queue(service: str) -> str:
    """Return the name of the queue of a service's commands, as nameko makes it."""
    return f"rpc-{service}"


def topics(service: str) -> tuple[str, ...]:
    """Return the events that a service hears."""
    return tuple(event.topic() for event in HEARS.get(service, ()))


def heard_sources(service: str) -> tuple[str, ...]:
    """Return the services whose ticks a service hears: whoever it hears, and itself."""
    speakers = {topic.partition(".")[0] for topic in topics(service)}
    return tuple(sorted({*speakers, *SOURCES.get(service, ()), service}))


def keys(service: str, lane: Lane) -> tuple[str, ...]:
    """Return what a service's queue of a lane is bound to."""
    sources, waits_for = heard_sources(service), SOURCES.get(service, ())
    if lane == "normal":
        seldom = (f"tick.{source}.seldom" for source in sources)
        return *topics(service), f"later.{service}.*", *seldom
    often = (f"urgent.{source}.#" for source in waits_for)
    others = [source for source in sources if source not in waits_for]
    ticks = (f"tick.{source}.seldom" for source in others)
    return *often, *(f"urgent.{source}.*" for source in others), *ticks


def routing_key(topic: str, lane: str) -> str:
    """Return the key that an event of this topic travels under."""
    if lane != "urgent":
        return topic
    if topic.startswith("tick."):
        _, service, pace = topic.split(".")
        return f"urgent.{service}.tick.{pace}"
    return f"urgent.{topic}"


def paces(service: str) -> tuple[Pace, ...]:
    """Return how a service ticks: often, too, when an ask waits for its word."""
    waited_for = any(service in sources for sources in SOURCES.values())
    return ("often", "seldom") if waited_for else ("seldom",)
