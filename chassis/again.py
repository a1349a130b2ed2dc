"""Try what was held back again: the first event of each subject, when it is due."""

import time
from uuid import UUID

from sqlalchemy import Engine

from chassis import clock, effects, held, logs
from chassis.effects import Effects
from proto.base import Envelope

#: Seconds in which one pass follows another, as long as something takes effect.
GO_ON_S = 1.0


def drain(engine: Engine, service: str, its: Effects, seconds: float = GO_ON_S) -> int:
    """Try again until nothing takes effect any more, or the time is over; return how many.

    What waits behind an event that was mended is then there at once. Raises DatabaseAway.
    """
    until, done = time.monotonic() + seconds, 0
    while more := try_again(engine, service, its):
        done += more
        if time.monotonic() > until:
            break
    return done


def try_again(engine: Engine, service: str, its: Effects) -> int:
    """Try every subject that is due; return how many events took effect.

    Several processes of a service may do so at once: an event is locked while it is
    tried. Raises DatabaseAway.
    """
    done = 0
    try:
        with engine.connect() as connection:
            due = held.heads(connection, clock.now())
    except Exception as error:
        effects.refuse_away(error)
        raise
    for event_id in due:
        done += one(engine, service, its, event_id)
    return done


def one(engine: Engine, service: str, its: Effects, event_id: UUID) -> bool:
    """Try one event; tell whether it took effect."""
    try:
        with engine.begin() as connection:
            found = held.locked(connection, event_id)
            if found is None or found.envelope is None or found.parked_at:
                return False
            if found.next_at and found.next_at > clock.now():
                return False
            heard = Envelope.model_validate(found.envelope)
            if effects.first_time(connection, [heard]):
                effects.take_all(connection, service, its, [heard])
            held.let_go(connection, event_id)
    except Exception as error:
        effects.refuse_away(error)
        logs.failed("held-back event", error)
        held.failed_again(engine, event_id, error)
        return False
    effects.note(service, heard, its, "done-again")
    return True
