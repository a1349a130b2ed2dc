"""`up` and `down`: all of it, or nothing."""

import subprocess
import sys

import pytest

from doorstep import background, embedded, parts
from doorstep.command import main
from doorstep.errors import Misuse, NotStarted
from doorstep.home import Home
from doorstep.parts import EMBEDDED, PARTS, RELAY, SECOND
from doorstep.ports import last, next_free
from doorstep.process import find

ADDRESSES = {"AMQP_URI": "amqp://a:b@127.0.0.1:1/", "DATABASE_URL": "postgresql://"}
TOUCH = "import os, pathlib, time; pathlib.Path(os.environ['DOORSTEP_READY_FILE']).touch()"
SERVE = f"{TOUCH}; time.sleep(60)"
FAIL = "raise SystemExit('no such exchange')"


@pytest.fixture
def parts_do(monkeypatch: pytest.MonkeyPatch, home: Home) -> dict[str, str]:
    """What each part does instead of its work; the servers are given."""
    code = dict.fromkeys(PARTS, SERVE)

    def command(home: Home, verb: str, name: str = "") -> list[str]:
        return [sys.executable, "-c", code.get(name, "")]

    monkeypatch.setattr(background, "command", command)
    monkeypatch.setattr(parts, "EMBEDDED", EMBEDDED[:4])  # those with a ready file
    for name, value in ADDRESSES.items():
        monkeypatch.setenv(name, value)
    return code


def running(home: Home) -> list[str]:
    return [part.name for part in (*EMBEDDED, SECOND) if find(home.pid_file(part.name))]


def test_up_runs_the_parts_once_and_down_stops_them(
    home: Home, parts_do: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    embedded.up(home)
    first = find(home.pid_file(RELAY.name))
    capsys.readouterr()
    embedded.up(home)
    assert "some of it ran already" in capsys.readouterr().out
    assert first == find(home.pid_file(RELAY.name))
    assert running(home) == ["relay", "services", "worker", "projector"]
    assert home.settings().items() >= ADDRESSES.items()
    embedded.down(home)
    assert (running(home), home.settings()) == ([], {})
    capsys.readouterr()
    embedded.down(home)
    assert capsys.readouterr().out == f"nothing runs under {home.root}\n"


def test_each_part_has_a_port_of_its_own_for_its_numbers_and_keeps_it(
    home: Home, parts_do: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    embedded.up(home)
    first = {part: last(home.status_port_file(part)) for part in running(home)}
    assert len(set(first.values()) - {None}) == 4
    capsys.readouterr()
    main(["--home", str(home.root), "status"])
    said = capsys.readouterr().out
    assert [p for p in first.values() if f"http://127.0.0.1:{p}/metrics" not in said] == []
    embedded.down(home)
    embedded.up(home)
    assert {part: last(home.status_port_file(part)) for part in running(home)} == first


def test_the_services_run_twice_where_that_is_wanted_and_go_on_so(
    home: Home, parts_do: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    everything = ["relay", "services", "worker", "projector", "services-2"]
    embedded.up(home, twice=True)
    embedded.up(home)
    assert running(home) == everything
    capsys.readouterr()
    assert main(["--home", str(home.root), "status"]) == 1  # the servers are stand-ins
    assert "services-2" in capsys.readouterr().out
    embedded.down(home)
    assert running(home) == []
    embedded.up(home)
    assert running(home) == everything[:4]


def test_a_part_that_fails_takes_down_what_was_started_with_it(
    home: Home, parts_do: dict[str, str]
) -> None:
    parts_do["services"] = FAIL
    with pytest.raises(NotStarted, match="services ended while starting") as raised:
        embedded.up(home)
    assert raised.value.last_lines() == "no such exchange"
    assert (running(home), home.settings()) == ([], {})


#: A gateway that listens, or ends as uvicorn does.
LISTEN = """
import os, pathlib, time
from http.server import BaseHTTPRequestHandler, HTTPServer
class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
time.sleep(0.5)
server = HTTPServer(("127.0.0.1", int(os.environ["DOORSTEP_HTTP_PORT"])), Page)
if ready := os.environ.get("DOORSTEP_READY_FILE"):
    pathlib.Path(ready).touch()
print("listens", flush=True)
server.serve_forever()
"""


def test_a_gateway_whose_port_is_taken_meanwhile_takes_the_next_one(
    home: Home, parts_do: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one answers at the port as well, and is not taken for ours."""
    taken, look = next_free(28540), embedded._http_port
    ports = iter([taken])
    monkeypatch.setattr(embedded, "_http_port", lambda home: next(ports, 0) or look(home))
    monkeypatch.setattr(parts, "EMBEDDED", EMBEDDED[4:])
    parts_do["gateway"] = LISTEN
    own = {"DOORSTEP_HTTP_PORT": str(taken)}
    words = [sys.executable, "-c", LISTEN]
    with subprocess.Popen(words, env=own, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"listens\n"
        try:
            embedded.up(home)
            assert running(home) == ["gateway"]
            port = int(home.settings()["DOORSTEP_HTTP_PORT"])
            assert port not in (0, taken)
        finally:
            embedded.down(home)
            other.kill()


def test_all_parts_of_an_up_live_by_one_clock(home: Home, parts_do: dict[str, str]) -> None:
    noon = "2026-03-02T12:00:00+08:00"
    embedded.up(home, noon)
    clock = home.settings()["DOORSTEP_CLOCK"]
    assert clock.startswith(f"{noon}@")
    embedded.up(home, noon)
    assert home.settings()["DOORSTEP_CLOCK"] == clock
    with pytest.raises(Misuse, match="run `doorstep down` first"):
        embedded.up(home, "2026-03-02T21:00:00+08:00")


@pytest.mark.parametrize("clock", ["noon", "2026-03-02T15:00:00"])
def test_a_clock_that_is_no_moment_is_refused(
    home: Home, clock: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(home.root), "up", "--clock", clock]) == 1
    assert f"the clock {clock} is no moment; write it like" in capsys.readouterr().err


def test_status_fails_while_anything_is_not_running(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(home.root), "status"]) == 1
    assert capsys.readouterr().out.count("stopped") == 2 + len(EMBEDDED)


def test_wipe_removes_what_is_ours_and_nothing_else(home: Home) -> None:
    home.write_settings({"A": "b"})
    (home.root / "letter.txt").write_text("not ours")
    embedded.wipe(home)
    assert [file.name for file in home.root.iterdir()] == ["letter.txt"]
