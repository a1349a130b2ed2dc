"""Nobody keeps a lock who does nothing with it."""

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from chaos.faults.proxy.modes import Mode
from chaos.faults.proxy.network import network
from chassis.database import GONE_MS, SILENT_MS, engine
from doorstep.process import wait_until
from tests.chassis.acting import SERVICE
from tests.conftest import ROOT

#: A process of ours that locks in a transaction, and then does what comes next.
HOLDER = """
import sys
from sqlalchemy import text
from chassis.database import engine
its = engine(sys.argv[1], sys.argv[2], green=True, pool=1)
with its.begin() as connection:
    connection.execute(text("SELECT pg_advisory_xact_lock(8)"))
    print("begun", flush=True)
    while True:
        connection.execute(text(sys.argv[3]))
"""
FREE = text("SELECT pg_try_advisory_xact_lock(8)")
SHORT = "SELECT 1"
LONG = "SELECT repeat('x', 1000) FROM generate_series(1, 100000)"


@pytest.mark.parametrize("query", [SHORT, LONG])
def test_a_process_that_freezes_in_a_transaction_loses_its_locks(
    its: Engine, database_url: str, query: str
) -> None:
    words = [sys.executable, "-c", HOLDER, database_url, SERVICE, query]
    with ExitStack() as stack:
        process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE)
        holder = stack.enter_context(process)
        stack.callback(holder.kill)
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"begun\n"
        time.sleep(0.1)  # so that it is in the middle of its work
        holder.send_signal(signal.SIGSTOP)
        assert wait_until(lambda: free(its), SILENT_MS / 1000 + 2)


def free(its: Engine) -> bool:
    with its.begin() as connection:
        return bool(connection.scalar(FREE))


def test_a_connection_that_was_idle_is_asked_whether_it_lives(
    environment: None, database_url: str
) -> None:
    """And one that was just used is not: that would be a round trip for nothing."""
    asked = engine(database_url, SERVICE, pool=2, trusted_s=1e-9)
    trusted = engine(database_url, SERVICE, pool=2, trusted_s=3600)
    with ExitStack() as stack:
        for each in (asked, trusted):
            stack.callback(each.dispose)
        ended = [process(each) for each in (asked, trusted)]
        with asked.begin() as connection:
            connection.execute(END, {"process": ended[1]})
        with engine(database_url, SERVICE, pool=0).begin() as connection:
            connection.execute(END, {"process": process(asked)})
        assert process(asked) not in ended
        with pytest.raises(OperationalError):
            process(trusted)
        assert process(trusted) not in ended


END = text("SELECT pg_terminate_backend(:process)")


def process(its: Engine) -> int:
    with its.begin() as connection:
        return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)


def test_an_answer_that_never_comes_is_given_up(
    environment: None, database_url: str
) -> None:
    """The other end has forgotten us while we only listen: nothing we send says so."""
    with ThreadPoolExecutor(1) as pool, network() as wires:
        its = engine(wires.through("database", database_url), SERVICE, pool=0)
        asked = pool.submit(sleep_in, its)
        assert wait_until(lambda: waits(database_url), 5)
        wires.cut("database", Mode("half-open", way="up"))
        wires.heal("database")

        with pytest.raises(OperationalError):
            asked.result(GONE_MS / 1000)


def sleep_in(its: Engine) -> None:
    with its.connect() as connection:
        connection.execute(text("SELECT pg_sleep(4)"))


def waits(url: str) -> bool:
    """Tell whether somebody sleeps in the database."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone() != (0,)
