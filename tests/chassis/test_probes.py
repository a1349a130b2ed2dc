"""The page of numbers and probes: for threads, and for eventlet's green ones."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest

from chassis import probes, ready
from doorstep.ports import next_free
from tests.conftest import ROOT

#: A service process as `chassis.runner` makes one: its hub, the page, and another thread.
GREEN = """
import eventlet
eventlet.monkey_patch()
import sys, time
from chassis import probes, ready
with probes.served(int(sys.argv[1])):
    ready.yes()
    print("begun", flush=True)
    while True:
        began = time.monotonic()
        eventlet.sleep(0.01)
        if (late := time.monotonic() - began) > 0.5:
            print(f"the hub stood for {late} s", flush=True)
"""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    ready.no()


@pytest.fixture(params=["threads", "green"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """Where a page is served, by this process or by one with a hub."""
    found = next_free(28450)
    with ExitStack() as stack:
        if request.param == "threads":
            stack.enter_context(probes.served(found))
            ready.yes()
            yield found
            return
        words = [sys.executable, "-c", GREEN, str(found)]
        process = stack.enter_context(
            subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        )
        stack.callback(process.kill)
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield found
        process.kill()
        assert process.stdout.read() == ""


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_numbers_and_probes_are_answered(port: int) -> None:
    status, text = get(port, "/metrics")
    assert (status, "# HELP process_cpu_seconds_total" in text) == (200, True)
    assert get(port, "/livez") == (200, "200 OK")
    assert get(port, "/readyz") == (200, "200 OK")
    assert get(port, "/elsewhere")[0] == 404


def ended(connection: socket.socket) -> bool:
    """Wait for the other side to hang up, politely or not."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_who_opens_a_connection_and_says_nothing_holds_up_nobody(port: int) -> None:
    with ExitStack() as stack:
        silent = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            for _ in range(20)
        ]
        silent[0].sendall(b"GET /metr")

        assert [get(port, "/livez")[0] for _ in range(20)] == [200] * 20

        for each in silent:  # and is shown the door
            each.settimeout(probes.PATIENCE_S + 30)
            assert ended(each)


def test_who_goes_away_in_the_middle_is_no_error(
    port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", port), 5) as caller:
            caller.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert get(port, "/livez")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_without_a_port_nothing_is_served() -> None:
    with probes.served(None):
        pass


def test_whoever_does_nothing_for_long_is_taken_for_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = next_free(28450)
    with probes.served(port):
        ready.yes()
        monkeypatch.setattr(ready, "STUCK_S", -1.0)
        assert get(port, "/livez")[0] == 503
        ready.no()
        assert get(port, "/readyz")[0] == 503


def test_one_thing_that_does_not_get_on_is_enough_to_be_taken_for_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ready.progress("one")
    ready.progress("other")
    assert ready.alive()
    monkeypatch.setattr(ready, "STUCK_S", 0.1)
    time.sleep(0.2)
    ready.progress("one")
    assert not ready.alive()
    ready.ended("other")
    assert ready.alive()
    ready.ended("one")


#: A line of events that is drained, fails at what it is given, and is killed at last.
LINE = """
import eventlet
eventlet.monkey_patch()
from types import SimpleNamespace
from chassis import ready
from chassis.entrypoints.lines import EventLine, Signal, Waiting
ready.STUCK_S = 1.0
line = EventLine("urgent")
line.service, line.waiting, line.stopping, line.stopped = "s", Waiting(), False, Signal()
green = eventlet.spawn(line.drain)
def alive():
    for _ in range(8):
        eventlet.sleep(0.25)
        ready.progress()
    return ready.alive()
said = [alive()]
line.waiting.put(({}, None))
line.store = lambda batch: False
said.append(alive())
line.store = lambda batch: True
line.queue_consumer = SimpleNamespace(ack_message=lambda message, up_to: None)
eventlet.sleep(2.5)
said.append(alive())
green.kill()
print(*said, alive())
"""


def test_a_line_that_fails_or_has_ended_is_not_alive() -> None:
    words = [sys.executable, "-W", "ignore", "-c", LINE]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "True", "False"]


#: A pulse of two beats; one of them fails from the first time on, or the database is away.
PULSE = """
import eventlet, sys
eventlet.monkey_patch()
from types import SimpleNamespace
from chassis import ready
from chassis.effects import DatabaseAway
from chassis.entrypoints.pulse import Pulse
ready.STUCK_S = 1.0
pulse = Pulse()
pulse.service, pulse.stopping, pulse.running = "s", False, []
spawn = lambda loop, identifier: eventlet.spawn(loop)
pulse.container = SimpleNamespace(spawn_managed_thread=spawn)
def fail():
    raise {"away": DatabaseAway, "fails": RuntimeError}[sys.argv[1]]
pulse.beat(0.1, lambda: None)
pulse.beat(0.1, fail)
eventlet.sleep(1.5)
print(ready.alive())
"""


@pytest.mark.parametrize(("what", "alive"), [("away", "True"), ("fails", "False")])
def test_a_pulse_that_fails_is_not_alive_unless_the_database_is_away(
    what: str, alive: str
) -> None:
    words = [sys.executable, "-W", "ignore", "-c", PULSE, what]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [alive]
