"""A worker that holds jobs for a second and takes longer: `python -m ... SECONDS`.

A process of its own, so that a test may kill or freeze it.
"""

import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine

from chassis import housekeeping, jobs, worker
from chassis.jobs import Job
from chassis.settings import settings
from proto.housekeeping import HouseKept
from tests.chassis.acting import SERVICE


def nap(job: Job, engine: Engine, renew: Callable[[], None]) -> HouseKept:
    print("begun", flush=True)
    time.sleep(float(sys.argv[1]))
    print("slept", flush=True)
    return HouseKept(removed={"slow": 1})


if __name__ == "__main__":
    jobs.LEASE = timedelta(seconds=1)
    housekeeping.JOBS["nap"] = nap
    worker.work(settings(), [SERVICE], threading.Event())
