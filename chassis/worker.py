"""The worker: a process that does the services' jobs, one after the other.

No eventlet and psycopg 3, so that it may decode, render and compute; run as many as
there is work for. What can be done is listed by each service in `services/<name>/jobs.py`
(`JOBS`), and by the chassis for all of them.
"""

import signal
import threading
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from prometheus_client import REGISTRY
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import effects, housekeeping, jobs, logs, metrics, probes, ready
from chassis.backlog import Backlog
from chassis.database import engine
from chassis.effects import DatabaseAway
from chassis.heads import wait_for_head
from chassis.jobs import ClaimLost, Job, Work
from chassis.settings import Settings, settings
from chassis.topology import SERVICES

IDLE_S, AWAY_S = 0.25, 1.0


class Stop(threading.Event):
    """Told by SIGTERM: the job in hand is finished, no other one begun."""


def run() -> None:
    """Work until SIGTERM."""
    found, stop = settings(), Stop()
    logs.start(found.log_level)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    REGISTRY.register(Backlog(found.database_url))
    with probes.served(found.status_port, found.http_host):
        wait_for_head(found.database_url, SERVICES)
        work(found, SERVICES, stop)


def work(found: Settings, services: Sequence[str], stop: threading.Event) -> None:
    """Do what waits in these services' tables, and look again, until told to stop."""
    engines = {name: engine(found.database_url, name, pool=2) for name in services}
    known = {name: kinds(name) for name in services}
    while not stop.is_set():
        try:
            waiting = jobs.waiting(engines[services[0]], services)
            done = [
                once(engines[name], name, known[name])
                for name in waiting
                if not stop.is_set()
            ]
        except (DBAPIError, PoolTimeout) as error:
            ready.no()
            ready.progress()
            logs.log.warning("worker waits for the database: %s", type(error).__name__)
            stop.wait(AWAY_S)
            continue
        ready.yes()
        if not any(done):
            stop.wait(IDLE_S)
    for its in engines.values():
        its.dispose()


def kinds(service: str) -> dict[str, Work]:
    """Return what a worker can do for a service."""
    name = f"services.{service}.jobs"
    own = import_module(name).JOBS if find_spec(name) else {}
    return housekeeping.JOBS | own


def once(its: Engine, service: str, known: dict[str, Work]) -> bool:
    """Do one job of a service; tell whether there was one."""
    job = jobs.claim(its, service)
    if job is None:
        return False
    try:
        do(its, job, known)
    except (ClaimLost, DatabaseAway, DBAPIError, PoolTimeout) as error:
        logs.log.warning("%s of %s is left: %s", job.kind, service, type(error).__name__)
    return True


def renew(its: Engine, job: Job) -> None:
    """Hold on to a job, and tell that we are alive. Raises ClaimLost."""
    jobs.renew(its, job)
    ready.progress()


def do(its: Engine, job: Job, known: dict[str, Work]) -> None:
    with metrics.JOB_SECONDS.labels(job.service, job.kind).time():
        try:
            answer = known[job.kind](job, its, partial(renew, its, job))
        except ClaimLost:
            raise
        except Exception as error:
            # Then its lease ends, and it is claimed again.
            effects.refuse_away(error, busy=True)
            logs.failed(f"{job.kind} of {job.service}", error)
            jobs.fail(its, job, error)
            return
    try:
        jobs.end(its, job, answer)
    except ClaimLost:
        if answer is not None and answer.late:
            jobs.tell_late(its, job, answer)
        raise
    logs.said("job done", service=job.service, message=job.kind, trace=job.trace)
