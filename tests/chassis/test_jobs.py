"""Jobs are done, and told once, whatever becomes of the worker."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text, update

from chassis import clock, jobs, tables, worker
from chassis.jobs import ClaimLost, Job
from chassis.settings import settings
from chassis.topology import SERVICES
from chassis.unit import Unit
from doorstep.process import wait_until
from proto import ids
from proto.housekeeping import HouseKept
from tests.chassis.acting import SERVICE, empty
from tests.conftest import ROOT

table = tables.job


@pytest.fixture(autouse=True)
def no_jobs(its: Engine) -> None:
    empty(its, "job")


def wanted(its: Engine, count: int = 1, kind: str = "nap") -> list[UUID]:
    """Have that many jobs done."""
    with its.begin() as connection:
        unit = Unit(connection, SERVICE, "test", "t")
        made = [unit.job(kind, ids.new(), number=number) for number in range(count)]
        unit.settle()
    return made


def quick(job: Job, engine: Engine, renew: Callable[[], None]) -> HouseKept:
    return HouseKept(removed={"quick": 1})


def once(its: Engine, work: Any = quick) -> bool:
    return worker.once(its, SERVICE, {"nap": work})


def told(its: Engine, job_id: UUID) -> list[dict[str, Any]]:
    """What was answered under a job's id."""
    query = select(tables.outbox.c.envelope).where(tables.outbox.c.event_id == job_id)
    with its.connect() as connection:
        return [envelope["data"]["removed"] for envelope in connection.scalars(query)]


def row(its: Engine, job_id: UUID) -> Any:
    with its.connect() as connection:
        return connection.execute(select(table).where(table.c.id == job_id)).one()


def let_lease_end(its: Engine) -> None:
    past = clock.now() - timedelta(seconds=1)
    with its.begin() as connection:
        connection.execute(update(table).values(leased_until=past))


@contextmanager
def slow_worker(seconds: float) -> Iterator["subprocess.Popen[str]"]:
    """Another worker, in a process of its own, that has begun with the job."""
    words = [sys.executable, "-m", "tests.chassis.slow_worker", str(seconds)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield process
        process.kill()


def test_a_job_is_done_once_and_answered_once(its: Engine) -> None:
    (job_id,) = wanted(its)

    assert (once(its), once(its)) == (True, False)

    assert told(its, job_id) == [{"quick": 1}]
    done = row(its, job_id)
    assert (done.claim, done.leased_until, done.error) == (1, None, None)
    with its.connect() as connection:
        said = connection.execute(
            select(tables.outbox).where(tables.outbox.c.event_id == job_id)
        ).one()
    assert said.envelope["type"] == f"later.{SERVICE}.house_kept"
    assert (said.sequence, said.due_at is not None) == (None, True)


def test_who_looks_is_told_which_services_have_something_to_do(its: Engine) -> None:
    assert jobs.waiting(its, SERVICES) == []
    (job_id,) = wanted(its)
    assert jobs.waiting(its, SERVICES) == [SERVICE]

    assert (claimed := jobs.claim(its, SERVICE))
    assert jobs.waiting(its, SERVICES) == []  # somebody holds it
    let_lease_end(its)
    assert jobs.waiting(its, SERVICES) == [SERVICE]
    jobs.fail(its, claimed, RuntimeError())
    assert jobs.waiting(its, SERVICES) == []  # it is not due
    assert row(its, job_id).done_at is None


def test_when_a_worker_is_killed_in_the_middle_another_one_does_the_job(
    its: Engine,
) -> None:
    (job_id,) = wanted(its)
    with slow_worker(60) as process:
        assert not once(its)  # somebody else holds it
        process.send_signal(signal.SIGKILL)

    assert wait_until(lambda: once(its), 60)

    assert told(its, job_id) == [{"quick": 1}]
    assert row(its, job_id).claim == 2


def test_a_worker_that_was_frozen_past_its_lease_cannot_end_the_job(its: Engine) -> None:
    (job_id,) = wanted(its)
    with slow_worker(0.5) as process:
        process.send_signal(signal.SIGSTOP)
        assert wait_until(lambda: once(its), 60)
        process.send_signal(signal.SIGCONT)
        assert process.stdout is not None
        assert process.stdout.readline() == "slept\n"
        time.sleep(0.5)  # so that it has had the time to do harm
        assert process.poll() is None

    assert told(its, job_id) == [{"quick": 1}]


def test_whoever_lost_the_claim_can_neither_renew_nor_end_nor_fail(its: Engine) -> None:
    (job_id,) = wanted(its)
    first = jobs.claim(its, SERVICE)
    assert first
    let_lease_end(its)
    second = jobs.claim(its, SERVICE)
    assert second

    with pytest.raises(ClaimLost):
        jobs.renew(its, first)
    with pytest.raises(ClaimLost):
        jobs.end(its, first, HouseKept(removed={"first": 1}))
    with pytest.raises(ClaimLost):
        jobs.fail(its, first, RuntimeError())
    jobs.end(its, second, HouseKept(removed={"second": 1}))
    assert told(its, job_id) == [{"second": 1}]


class Found(HouseKept):
    """An answer that its service wants to hear also from who has lost the claim."""

    late: ClassVar[bool] = True


@pytest.mark.parametrize(("answer", "late"), [(HouseKept, []), (Found, [{"late": 1}])])
def test_who_has_lost_the_claim_tells_only_what_is_wanted_late(
    its: Engine, answer: type[HouseKept], late: list[dict[str, int]]
) -> None:
    (job_id,) = wanted(its)

    def slow(job: Job, engine: Engine, renew: Callable[[], None]) -> HouseKept:
        let_lease_end(its)
        assert once(its)  # another has it meanwhile, and ends it
        return answer(removed={"late": 1})

    assert once(its, slow)

    assert told(its, job_id) == [{"quick": 1}]
    assert told(its, ids.named("late", f"{job_id}/1")) == late


def test_a_job_that_fails_is_tried_with_growing_delay_and_then_rests(its: Engine) -> None:
    (job_id,) = wanted(its)

    def stumble(job: Job, engine: Engine, renew: Callable[[], None]) -> None:
        raise RuntimeError("6222020000001234 fell in")

    delays = []
    for _ in range(jobs.TRIES):
        assert once(its, stumble)
        assert not once(its, stumble)  # it is not due
        if until := row(its, job_id).leased_until:
            delays.append(round((until - clock.now()).total_seconds()))
            let_lease_end(its)

    failed = row(its, job_id)
    assert delays == [2, 4, 8, 16]
    assert (failed.error, failed.failed_at is not None) == ("RuntimeError", True)
    assert "6222020000001234" not in str(failed)
    assert told(its, job_id) == []


def test_what_the_database_says_of_the_work_is_the_jobs_fault_and_its_absence_is_not(
    its: Engine,
) -> None:
    (job_id,) = wanted(its)

    def query(words: str) -> Any:
        def work(job: Job, engine: Engine, renew: Callable[[], None]) -> None:
            with engine.begin() as connection:
                connection.execute(text(words))

        return work

    once(its, query("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert row(its, job_id).error is None  # its lease goes on
    let_lease_end(its)
    once(its, query("SELECT 1 / 0"))
    assert row(its, job_id).error == "DataError"


def test_a_job_that_takes_its_worker_with_it_rests_too(its: Engine) -> None:
    (job_id,) = wanted(its)
    for _ in range(jobs.TRIES):
        assert jobs.claim(its, SERVICE)
        let_lease_end(its)

    assert jobs.claim(its, SERVICE) is None

    assert row(its, job_id).error == jobs.LEASE_ENDED


def test_what_nobody_here_can_do_is_left_to_a_newer_worker(its: Engine) -> None:
    (job_id,) = wanted(its)

    assert worker.once(its, SERVICE, {})

    assert row(its, job_id).error == "KeyError"
    let_lease_end(its)
    assert once(its)
    assert told(its, job_id) == [{"quick": 1}]


def test_two_workers_never_have_the_same_job_at_once(its: Engine) -> None:
    every, hands, begun = wanted(its, 60), set[UUID](), list[UUID]()
    lock = threading.Lock()

    def watched(job: Job, engine: Engine, renew: Callable[[], None]) -> HouseKept:
        with lock:
            assert job.id not in hands
            hands.add(job.id)
            begun.append(job.id)
        time.sleep(0.005)
        with lock:
            hands.discard(job.id)
        return HouseKept(removed={"watched": 1})

    def until_none() -> None:
        while once(its, watched):
            pass

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: until_none(), range(6)))

    assert sorted(begun) == sorted(every)
    assert [told(its, each) for each in every] == [[{"watched": 1}]] * len(every)


def test_a_worker_that_is_told_to_stop_begins_nothing_more(
    its: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in hand in its two lines is finished."""
    made, stop = wanted(its, 4), threading.Event()
    both = threading.Barrier(2)

    def last(job: Job, engine: Engine, renew: Callable[[], None]) -> HouseKept:
        both.wait(10)
        stop.set()
        return quick(job, engine, renew)

    monkeypatch.setattr(worker, "kinds", lambda _: {"nap": last})

    worker.work(settings(), [SERVICE], stop)

    assert [bool(told(its, each)) for each in made] == [True, True, False, False]


def test_what_nobody_waits_for_holds_up_nothing(
    its: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three pages are to be set; what comes behind them is done while the first is."""
    pages, stop, done = wanted(its, 3, "page"), threading.Event(), threading.Event()
    waited = wanted(its, 2)

    def page(job: Job, engine: Engine, renew: Callable[[], None]) -> HouseKept:
        assert done.wait(10), "the page held it up"
        stop.set()
        return quick(job, engine, renew)

    def last_of_two(job: Job, engine: Engine, renew: Callable[[], None]) -> HouseKept:
        if job.id == waited[-1]:
            done.set()
        return quick(job, engine, renew)

    monkeypatch.setattr(worker, "kinds", lambda _: {"page": page, "nap": last_of_two})
    monkeypatch.setattr(worker, "unawaited", lambda _: {"page"})

    worker.work(settings(), [SERVICE], stop)

    assert [bool(told(its, each)) for each in waited] == [True, True]
    assert [bool(told(its, each)) for each in pages] == [True, False, False]


def test_a_line_that_cannot_go_on_ends_the_worker(
    its: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(engine: Engine, services: Any) -> list[str]:
        raise LookupError("no such thing")

    monkeypatch.setattr(jobs, "waiting", broken)

    with pytest.raises(LookupError):
        worker.work(settings(), [SERVICE], threading.Event())
