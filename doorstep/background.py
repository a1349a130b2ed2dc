"""Parts in the background: start one, wait for it, ask whether it is ready, stop it."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException

from doorstep.home import Home
from doorstep.parts import Part
from doorstep.ports import last, remembered
from doorstep.process import find, spawn, wait_ready

PATIENCE_S = 15
STATUS_PORT = 8450
READY_WITHIN_S = 60


def start(home: Home, part: Part, settings: Mapping[str, str]) -> bool:
    """Start a part unless it runs, and do not wait; tell whether it was started."""
    if find(home.pid_file(part.name)) is not None:
        return False
    ready_file = home.ready_file(part.name)
    ready_file.unlink(missing_ok=True)
    own = {"DOORSTEP_READY_FILE": str(ready_file)}
    if part.health is None:
        own["DOORSTEP_STATUS_PORT"] = str(status_port(home, part))
    spawn(
        command(home, "run", part.name),
        pid_file=home.pid_file(part.name),
        log=home.log_file(part.name),
        environment=os.environ | settings | own,
    )
    return True


def status_port(home: Home, part: Part) -> int:
    """Return the port of a part's `/metrics`: that of last time, or one nobody has."""
    file = home.status_port_file(part.name)
    others = set(file.parent.glob("*-status.port")) - {file}
    given = {port for other in others if (port := last(other)) is not None}
    return remembered(file, STATUS_PORT, given)


def wait(home: Home, part: Part) -> None:
    """Return when a started part is ready; raises `NotStarted`."""
    wait_ready(
        part.name,
        find(home.pid_file(part.name)),
        lambda: is_ready(home, part),
        home.log_file(part.name),
        READY_WITHIN_S,
    )


def is_ready(home: Home, part: Part) -> bool:
    """Tell whether a running part does its work."""
    said = home.ready_file(part.name).exists()
    settings = home.settings()
    if part.health is None or not said:
        return said
    if "DOORSTEP_HTTP_PORT" not in settings:
        return False
    host, port = http_address(settings)
    connection = HTTPConnection(host, port, timeout=3)
    try:
        connection.request("GET", part.health)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def stop(home: Home, part: Part) -> bool:
    """Stop a part, kindly first; tell whether it ran."""
    process = find(home.pid_file(part.name))
    since = time.monotonic()
    if process is not None:
        process.stop(signal.SIGTERM, PATIENCE_S)
        say(part.name, "stopped", since)
    home.pid_file(part.name).unlink(missing_ok=True)
    home.ready_file(part.name).unlink(missing_ok=True)
    return process is not None


def command(home: Home, *words: str) -> list[str]:
    """Return the command line of `doorstep` with these words for the home."""
    return [sys.executable, "-m", "doorstep", "--home", str(home.root), *words]


def http_address(settings: Mapping[str, str]) -> tuple[str, int]:
    """Return where this machine reaches the gateway."""
    return reached(settings), int(settings["DOORSTEP_HTTP_PORT"])


def reached(settings: Mapping[str, str]) -> str:
    """Return the host where this machine reaches a part that listens."""
    host = settings["DOORSTEP_HTTP_HOST"]
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host


def say(name: str, state: str, since: float) -> None:
    """Print one step and the seconds it took."""
    print(f"{name:<10} {state:<8} {time.monotonic() - since:5.1f} s", flush=True)
