"""Bring a whole Doorstep up on this machine, and take it down again.

The private broker and database first, then the schema, then every part of
`parts.embedded` in the background; their logs and pids lie in the home's folders.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from doorstep import background, parts, ports
from doorstep.background import say
from doorstep.errors import Misuse, NotStarted
from doorstep.home import Home
from doorstep.parts import SECOND, TWICE, Part
from doorstep.private import Broker, Database, Server
from doorstep.private.place import remove
from doorstep.process import find

HTTP_PORT, TRIES = 8440, 4
NOT_FOR_ALL = ("DOORSTEP_HOME", "DOORSTEP_READY_FILE", "DOORSTEP_STATUS_PORT")
OURS = ("run", "log", "keys", "media")  # what `wipe` removes beside the servers' data


def up(home: Home, clock: str | None = None, *, twice: bool = False) -> None:
    """Start what does not run yet; on failure stop again what this call started.

    `clock` is the moment to pretend, RFC 3339 with an offset. `twice`: the services in two
    processes, each of which does all the work when the other is gone; what runs so goes on
    so. Raises `DoorstepError`.
    """
    with home.alone():
        pretended, ran = _clock(home, clock), _any_runs(home)
        since = time.monotonic()
        asked = TWICE if twice or find(home.pid_file(SECOND.name)) else {}
        with _undone_on_failure(home):
            settings = _start_servers(home) | _own_settings(home) | pretended | asked
            home.write_settings(settings)
            _start_parts(home, settings)
        host, port = background.http_address(settings)
        if ran:
            print(f"some of it ran already; this adds to the `up` before in {home.root}")
        print(f"up in {time.monotonic() - since:.1f} s: http://{host}:{port}")
        token = Path(settings["DOORSTEP_KEYS"]) / "first-run-token"
        if token.exists():
            print(f"no account yet: the first-run token lies in {token}")


def down(home: Home) -> None:
    """Stop everything that runs here, the last started first."""
    ran = False
    if home.root.exists():
        with home.alone():
            ran = _stop(home, keep=frozenset())
            home.settings_file.unlink(missing_ok=True)
    if not ran:
        print(f"nothing runs under {home.root}")


def wipe(home: Home) -> None:
    """Stop everything, then remove its data, logs and keys, and nothing else."""
    down(home)
    for server in _servers(home):
        remove(home.root / server.folder)
    for name in OURS:
        shutil.rmtree(home.root / name, ignore_errors=True)
    if home.root.exists() and not any(home.root.iterdir()):
        home.root.rmdir()


def _servers(home: Home) -> tuple[Server, ...]:
    return Database(home.root), Broker(home.root)


def _stop(home: Home, keep: frozenset[str]) -> bool:
    """Stop what runs but is not to be kept; tell whether anything ran."""
    ran = [
        background.stop(home, part)
        for part in reversed(parts.embedded(TWICE))
        if part.name not in keep
    ]
    for server in _servers(home):
        since = time.monotonic()
        if server.name not in keep and server.stop():
            say(server.name, "stopped", since)
            ran.append(True)
    return any(ran)


@contextmanager
def _undone_on_failure(home: Home) -> Iterator[None]:
    ran_before = frozenset(file.stem for file in home.run.glob("*.pid") if find(file))
    try:
        yield
    except BaseException:
        _stop(home, keep=ran_before)
        if not ran_before:
            home.settings_file.unlink(missing_ok=True)
        raise


def _any_runs(home: Home) -> bool:
    return any(find(home.pid_file(part.name)) for part in parts.embedded(TWICE))


def _clock(home: Home, clock: str | None) -> dict[str, str]:
    """Return the setting of the pretended clock, the same for all parts that run."""
    known = home.settings().get("DOORSTEP_CLOCK")
    if _any_runs(home):
        if clock is not None and (known or "").partition("@")[0] != clock:
            raise Misuse(
                f"parts already run by {'the clock ' + known if known else 'the true time'}"
                "; run `doorstep down` first, then `up` with the other clock"
            )
        return {"DOORSTEP_CLOCK": known} if known else {}
    if clock is None:
        return {}
    return {"DOORSTEP_CLOCK": f"{_moment(clock)}@{datetime.now(UTC).isoformat()}"}


def _moment(text: str) -> str:
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise Misuse(
            f"the clock {text} is no moment; write it like 2026-03-02T15:00:00+08:00"
        )
    return text


def _start_servers(home: Home) -> dict[str, str]:
    """Start the servers that are not given and bring the schema up to date."""
    given, since = os.environ, time.monotonic()
    database, broker = Database(home.root), Broker(home.root)
    states = {
        server.name: "given"
        if given.get(name)
        else "running"
        if server.process
        else "ready"
        for server, name in ((database, "DATABASE_URL"), (broker, "AMQP_URI"))
    }
    if not given.get("AMQP_URI"):
        broker.launch()  # takes seconds to be ready; the database has its turn meanwhile
    database_url = given.get("DATABASE_URL") or database.start()
    say("database", states["database"], since)
    _migrate(home, database_url)
    amqp_uri = given.get("AMQP_URI") or broker.wait()
    say("broker", states["broker"], since)
    return {"AMQP_URI": amqp_uri, "DATABASE_URL": database_url}


def _migrate(home: Home, database_url: str) -> None:
    since, log = time.monotonic(), home.log_file("migrate")
    with log.open("wb") as words:
        done = subprocess.run(
            background.command(home, "migrate"),
            env=os.environ | {"DATABASE_URL": database_url},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
        )
    if done.returncode != 0:
        raise NotStarted("schema", "could not be brought up to date", log)
    say("schema", "ready", since)


def _own_settings(home: Home) -> dict[str, str]:
    """Return every setting that is not an address: ours, and those of this shell."""
    told = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("DOORSTEP_") and name not in NOT_FOR_ALL
    }
    return {
        "DOORSTEP_KEYS": str(home.root / "keys"),
        "DOORSTEP_MEDIA": str(home.root / "media"),
        "DOORSTEP_HTTP_HOST": "127.0.0.1",
        "DOORSTEP_HTTP_PORT": str(_http_port(home)),
    } | told


def _http_port(home: Home) -> int:
    file = home.port_file("gateway")
    if find(home.pid_file("gateway")) is not None:
        return ports.last(file) or HTTP_PORT
    return ports.remembered(file, HTTP_PORT)


def _start_parts(home: Home, settings: dict[str, str]) -> None:
    """Start the parts, each once what it needs is ready; return when all are."""
    waiting: dict[Part, float] = {}
    for part in parts.embedded(settings):
        for needed in [other for other in waiting if other.name in part.needs]:
            _wait(home, needed, settings, waiting.pop(needed))
        since = time.monotonic()
        if background.start(home, part, settings):
            waiting[part] = since
        else:
            background.wait(home, part)
            say(part.name, "running", since)
    for part, since in waiting.items():
        _wait(home, part, settings, since)


def _wait(home: Home, part: Part, settings: dict[str, str], since: float) -> None:
    """Wait for a part.

    Another platform may take the gateway's port between our look and its bind: then the
    next one.
    """
    for left in reversed(range(TRIES)):
        try:
            background.wait(home, part)
            break
        except NotStarted:
            if not left or not _lost_its_port(home, part, settings):
                raise
            settings["DOORSTEP_HTTP_PORT"] = str(_http_port(home))
            home.write_settings(settings)
            background.start(home, part, settings)
    say(part.name, "ready", since)


def _lost_its_port(home: Home, part: Part, settings: Mapping[str, str]) -> bool:
    """Tell whether a part of ours ended since somebody else has the port we chose."""
    chosen = part.health is not None and "DOORSTEP_HTTP_PORT" not in os.environ
    ended = find(home.pid_file(part.name)) is None
    return chosen and ended and not ports.is_free(int(settings["DOORSTEP_HTTP_PORT"]))
