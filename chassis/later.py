"""What becomes of an order that a service gave itself when its time has come."""

from chassis import logs
from chassis.effects import Act, Effect
from chassis.errors import Refused, Unavailable
from chassis.operations import Operation
from chassis.unit import Unit
from proto.base import Command


def effect(operation: Operation) -> Effect:
    """Return what is done about an order of our own: it is carried out, or refused.

    A refusal is an answer here too: nobody hears it, so it is noted, and the order is
    done. What is unavailable is tried again, like any event.
    """
    return Effect(operation.kind, (carried_out(operation),))


def carried_out(operation: Operation) -> Act:
    def act(command: Command, unit: Unit) -> None:
        try:
            operation.handle(command, unit)
        except Unavailable:
            raise
        except Refused as refusal:
            unit.forget()
            logs.said(
                "refused",
                service=unit.source,
                message=command.operation(),
                outcome=refusal.kind,
                trace=unit.trace,
            )

    return act
