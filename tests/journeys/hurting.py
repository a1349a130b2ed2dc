"""How journeys hurt a running platform, and how they see that it has healed."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pika

from chaos.faults import surroundings
from chassis import amqp
from chassis.settings import Settings
from doorstep import background, embedded, parts
from doorstep.client import Answer
from doorstep.process import find, wait_until
from tests.world import Door, Platform


def kill(platform: Platform, part: str) -> None:
    """kill -9, as the machine does when memory is short.

    Returns when it is gone: whoever is started before that finds it running.
    """
    process = find(platform.home.pid_file(part))
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: not process.alive)


@contextmanager
def frozen(platform: Platform, part: str) -> Iterator[None]:
    """Stop a part as a machine does that swaps: it is there and does nothing."""
    process = find(platform.home.pid_file(part))
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


#: How many transactions wait for a row.
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Return when it has come true; fail when it has not in time."""
    assert wait_until(true, seconds)


def services_log(platform: Platform) -> str:
    return (platform.home.root / "log" / "services.log").read_text()


@contextmanager
def twice(platform: Platform) -> Iterator[None]:
    """Have the services in two processes meanwhile."""
    embedded.up(platform.home, twice=True)
    try:
        yield
    finally:
        background.stop(platform.home, parts.SECOND)
        revive(platform)


@contextmanager
def broker(
    platform: Platform,
) -> Iterator[pika.adapters.blocking_connection.BlockingChannel]:
    """A channel of our own to the platform's broker."""
    found = Settings.model_validate(
        {name: platform.settings[name] for name in ("AMQP_URI", "DATABASE_URL")}
    )
    connection = pika.BlockingConnection(amqp.parameters(found))
    try:
        yield connection.channel()
    finally:
        connection.close()


def rabbitmqctl(platform: Platform, *words: str) -> str:
    """Speak to the private node as its operator; return what it says."""
    process = surroundings.rabbitmqctl(platform.home, *words)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return said


def revive(platform: Platform) -> None:
    embedded.up(platform.home)


def check_in(door: Door, seconds: float = 60.0) -> Answer:
    """Check in as a phone does: again and again until somebody answers."""
    give_up = time.monotonic() + seconds
    while True:
        body = door.present()
        answer = door.pair[0].http.post(door.path("/check-ins"), body)
        if answer.status != 503 or time.monotonic() > give_up:
            return answer


def arrivals(door: Door) -> tuple[int, int]:
    """How often the arrival was said, and how often complaints noted it."""
    said = door.platform.rows(
        "SELECT count(*) FROM field_visit.outbox WHERE envelope->'data'->>'visit_id' = %s"
        " AND envelope->>'type' = 'field_visit.collectors_arrived'",
        str(door.visit_id),
    )
    noted = door.platform.rows(
        "SELECT count(*) FROM complaints.door_visit WHERE id = %s", door.visit_id
    )
    return said[0][0], noted[0][0]
