"""The table of `doorstep status`: each part, its pid, its state and where it answers."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from doorstep import background
from doorstep.home import Home
from doorstep.parts import Part, embedded
from doorstep.ports import last
from doorstep.private import Broker, Database, Server
from doorstep.process import find

FINE = ("ready", "given")


@dataclass(frozen=True)
class Row:
    """One part as it is now."""

    part: str
    pid: int | None
    state: str
    address: str = ""


def status(home: Home) -> bool:
    """Print the table; tell whether every part is ready."""
    settings = home.settings()
    rows = [
        _server(Broker(home.root), settings.get("AMQP_URI")),
        _server(Database(home.root), settings.get("DATABASE_URL")),
        *(_part(home, part, settings) for part in embedded(settings)),
    ]
    print(f"{'part':<10} {'pid':>8}  {'state':<10} address")
    for row in rows:
        print(f"{row.part:<10} {row.pid or '-':>8}  {row.state:<10} {row.address}")
    return all(row.state in FINE for row in rows)


def _server(server: Server, address: str | None) -> Row:
    process, shown = server.process, _without_password(address)
    if process is not None:
        state = "ready" if server.answers() else "starting"
        return Row(server.name, process.pid, state, shown)
    if address is None or server.made(address):
        return Row(server.name, None, "stopped", shown)
    state = "given" if _listens(address) else "silent"
    return Row(server.name, None, state, shown)


def _part(home: Home, part: Part, settings: Mapping[str, str]) -> Row:
    process = find(home.pid_file(part.name))
    shown = _address(home, part, settings) if settings else ""
    if process is None:
        return Row(part.name, None, "stopped", shown)
    state = "ready" if background.is_ready(home, part) else "starting"
    return Row(part.name, process.pid, state, shown)


def _address(home: Home, part: Part, settings: Mapping[str, str]) -> str:
    """Return where a part answers: all it does, or `/metrics` and its probes alone."""
    if part.health:
        host, port = background.http_address(settings)
        return f"http://{host}:{port}"
    known = last(home.status_port_file(part.name))
    return f"http://{background.reached(settings)}:{known}/metrics" if known else ""


def _without_password(address: str | None) -> str:
    parts = urlsplit(address or "")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if address else ""


def _listens(address: str) -> bool:
    parts = urlsplit(address)
    usual = 5672 if parts.scheme.startswith("amqp") else 5432
    try:
        socket.create_connection(
            (parts.hostname or "127.0.0.1", parts.port or usual), 3
        ).close()
    except OSError:
        return False
    return True
