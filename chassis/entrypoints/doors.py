"""The decorators of a service class, and what they add up to."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from chassis import housekeeping, later
from chassis.effects import Effect, Effects
from chassis.operations import Gather, May, Operation, Operations
from chassis.unit import Unit, later_topic
from proto.base import Command, Event, Reply

ACommand = TypeVar("ACommand", bound=Command)
AnEvent = TypeVar("AnEvent", bound=Event)
Answering = Callable[[Any, ACommand, Unit], Reply]
Hearing = Callable[[Any, AnEvent, Unit], None]


class Answers(NamedTuple):
    """What the decorator was told of a method."""

    kind: type[Command]
    may: May
    gather: Gather | None


def answers(
    kind: type[ACommand], *, may: May, gather: Gather | None = None
) -> Callable[[Answering[ACommand]], Answering[ACommand]]:
    """Make a method the one answer to a command; it must bear the command's name.

    `may` refuses those who may not; `gather` lets the command travel in groups.
    """

    def decorate(method: Answering[ACommand]) -> Answering[ACommand]:
        if method.__name__ != kind.operation():
            raise TypeError(f"{method.__name__} answers {kind.__name__}: name it so")
        said: Any = method
        said.answers = Answers(kind, may, gather)
        return method

    return decorate


def hears(kind: type[AnEvent]) -> Callable[[Hearing[AnEvent]], Hearing[AnEvent]]:
    """Make a method what a service does about an event."""

    def decorate(method: Hearing[AnEvent]) -> Hearing[AnEvent]:
        said: Any = method
        said.hears = kind
        return method

    return decorate


def operations(service: Any) -> Operations:
    """Return what a service object answers, by name."""
    found = {}
    for method in methods(service):
        said: Answers | None = getattr(method, "answers", None)
        if said is not None:
            operation = Operation(said.kind, method, said.may, said.gather)
            found[said.kind.operation()] = operation
    return found


def effects(service: Any) -> Effects:
    """Return what a service object does about each topic: events, and its own orders."""
    found: dict[str, Effect] = {
        kind.topic(): Effect(kind, keeps=True) for kind in service.keeps
    }
    for method in methods(service):
        if (kind := getattr(method, "hears", None)) is not None:
            before = found.get(kind.topic(), Effect(kind))
            acts = (*before.acts, method)
            found[kind.topic()] = Effect(kind, acts, before.keeps)
    orders = operations(service) | housekeeping.OPERATIONS
    for name, operation in orders.items():
        found[later_topic(service.name, name)] = later.effect(operation)
    return found


def methods(service: Any) -> Iterator[Any]:
    for name in dir(type(service)):
        if not name.startswith("_"):
            method = getattr(service, name)
            if callable(method):
                yield method
