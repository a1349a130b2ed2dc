"""The worker: a process that does the services' jobs, in two lines.

One line takes any job, the other none that nobody waits for: a page takes as long to set
as a dozen photos to look at, and would hold them up. No eventlet and psycopg 3, so that it
may decode, render and compute; run as many as there is work for. What can be done is listed
by each service in `services/<name>/jobs.py` (`JOBS`, and of these `UNAWAITED`), and by the
chassis for all of them.
"""

import os
import signal
import threading
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType, ModuleType

from prometheus_client import REGISTRY
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import effects, housekeeping, jobs, logs, metrics, probes, ready
from chassis.backlog import Backlog
from chassis.child import let_others_go_first
from chassis.database import engine
from chassis.effects import DatabaseAway
from chassis.heads import wait_for_head
from chassis.jobs import ClaimLost, Job, Work
from chassis.settings import Settings, settings
from chassis.topology import SERVICES

IDLE_S, AWAY_S = 0.25, 1.0
#: Connections of each service: one for a job, one to hold on to it, in each line.
POOL = 4


class Stop(threading.Event):
    """Told by SIGTERM: the job in hand is finished, no other one begun."""


def run() -> None:
    """Work until SIGTERM, after whoever is asked something by somebody at a door."""
    found, stop = settings(), Stop()
    logs.start(found.log_level)
    let_others_go_first(os.getpid())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    REGISTRY.register(Backlog(found.database_url))
    with probes.served(found.status_port, found.http_host):
        wait_for_head(found.database_url, SERVICES)
        work(found, SERVICES, stop)


def work(found: Settings, services: Sequence[str], stop: threading.Event) -> None:
    """Do what waits in these services' tables, and look again, until told to stop.

    A line that cannot go on ends the other, and the process: raises what it raised.
    """
    engines = {name: engine(found.database_url, name, pool=POOL) for name in services}
    prompt = Line(engines, stop, {name: unawaited(name) for name in services})
    lines = (prompt, Line(engines, stop))
    with ThreadPoolExecutor(len(lines), "line") as pool:
        running = [pool.submit(line.go_on) for line in lines]
        wait(running, return_when=FIRST_EXCEPTION)
        stop.set()
    for its in engines.values():
        its.dispose()
    for each in running:
        each.result()


class Line:
    """One job after the other, of all kinds but these of each service."""

    def __init__(
        self,
        engines: Mapping[str, Engine],
        stop: threading.Event,
        but: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> None:
        self.engines, self.stop, self.but = engines, stop, but
        self.known = {name: kinds(name) for name in engines}

    def go_on(self) -> None:
        """Work until told to stop."""
        while not self.stop.is_set():
            try:
                found = self.each_once()
            except (DBAPIError, PoolTimeout) as error:
                ready.no()
                progress()
                logs.log.warning("worker waits for the database: %s", type(error).__name__)
                self.stop.wait(AWAY_S)
                continue
            ready.yes()
            progress()
            if not found:
                self.stop.wait(IDLE_S)
        ready.ended(threading.current_thread().name)

    def each_once(self) -> bool:
        """Do a job of each service that has one; tell whether there was any."""
        services = tuple(self.engines)
        done = [
            once(self.engines[name], name, self.known[name], self.but.get(name, ()))
            for name in jobs.waiting(self.engines[services[0]], services)
            if not self.stop.is_set()
        ]
        return any(done)


def kinds(service: str) -> dict[str, Work]:
    """Return what a worker can do for a service."""
    its = jobs_of(service)
    return housekeeping.JOBS | (its.JOBS if its else {})


def unawaited(service: str) -> Collection[str]:
    """Return of what a worker can do for a service what nobody waits for."""
    return getattr(jobs_of(service), "UNAWAITED", ())


def jobs_of(service: str) -> ModuleType | None:
    name = f"services.{service}.jobs"
    return import_module(name) if find_spec(name) else None


def once(
    its: Engine, service: str, known: dict[str, Work], but: Collection[str] = ()
) -> bool:
    """Do one job of a service, but of these kinds; tell whether there was one."""
    job = jobs.claim(its, service, but)
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
    progress()


def progress() -> None:
    """Tell that this line gets on: each must."""
    ready.progress(threading.current_thread().name)


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
