"""Run services of ours in one process, on nameko's ServiceRunner.

eventlet patches before anything else is imported, so this module imports nothing of
ours at its top; `doorstep run` imports it first.
"""

import os

# Its own resolver takes a quarter of a second to load, each time a service was killed. The
# system's blocks us while we look for the broker; libpq looks for the database so anyway.
os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")

import eventlet  # noqa: E402

eventlet.monkey_patch()  # noqa: E402 - before whatever could keep an unpatched socket

import signal  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from functools import partial  # noqa: E402
from importlib import import_module  # noqa: E402
from typing import Any  # noqa: E402

from nameko.runners import ServiceRunner  # noqa: E402

from chassis import breath, database, garbage, logs, probes, ready, serializer  # noqa: E402
from chassis.entrypoints import Service  # noqa: E402
from chassis.entrypoints.consumers import CONNECTED  # noqa: E402
from chassis.entrypoints.pulse import fresh  # noqa: E402
from chassis.heads import wait_for_head  # noqa: E402
from chassis.settings import Settings, settings  # noqa: E402

#: Messages of orders a service works on at once.
MAX_WORKERS = 12
#: Seconds between two looks whether every service hears itself.
LOOK_S = 0.25


def run(names: Sequence[str]) -> None:
    """Run these services until SIGTERM; work in hand is finished first."""
    found = settings()
    logs.start(found.log_level)
    serializer.install()
    breath.by(partial(eventlet.sleep, 0))
    runner = ServiceRunner(config(found))
    with probes.served(found.status_port, found.http_host):
        wait_for_head(found.database_url, names, green=True)
        for each in prepared(names):
            runner.add_service(each)
        runner.start()  # until then there is nothing in hand that would have to be finished
        signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn(runner.stop))
        signal.signal(signal.SIGINT, lambda *_: eventlet.spawn(runner.stop))
        eventlet.spawn(look_forever, names)
        garbage.settle()
        runner.wait()
    for name in names:
        database.of(name).dispose()


def prepared(names: Sequence[str]) -> list[type[Service]]:
    """Return the classes of these services, when all is read that they decide by: the first
    who asks shall not wait for it, and what cannot be read starts no service.
    """
    found = [service_class(name) for name in names]
    for read in dict.fromkeys(read for each in found for read in each.reads):
        read()
    return found


def look_forever(names: Sequence[str]) -> None:
    """Say that we are ready while every service can be given something, and hears itself
    and all it must hear: another process of ours may do the hearing.
    """
    while True:
        try:
            well = CONNECTED.issuperset(names) and all(fresh(name) for name in names)
        except Exception as error:
            logs.log.warning("not ready: %s", type(error).__name__)
            well = False
        (ready.yes if well else ready.no)()
        eventlet.sleep(LOOK_S if not well else 1.0)


def config(found: Settings) -> dict[str, Any]:
    """Return nameko's settings."""
    return {
        "AMQP_URI": found.amqp_uri,
        "HEARTBEAT": 10,
        "max_workers": MAX_WORKERS,
        "serializer": "json",
        "ACCEPT": ["json"],
    }


def service_class(name: str) -> type[Service]:
    """Find the one class of a service that bears its name."""
    module = import_module(f"services.{name}.service")
    for thing in vars(module).values():
        if isinstance(thing, type) and getattr(thing, "name", None) == name:
            return thing
    raise LookupError(f"services/{name}/service.py has no class whose name is {name!r}")
