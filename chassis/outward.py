"""Ways out of the house: where tree heads are given to, and whom a worker may speak with.

A place is named by whoever runs the platform and by nobody else. Its name is resolved
once, the address is held against what is allowed, and the connection goes to that very
address; nobody is followed elsewhere, and nothing may take longer than it is given.

* Away           it is not there, or not now: what it was to be given, it does not have
  - NotAllowed   its address is none that we may speak with
* Unsure         the connection broke when it may have had it already
* Otherwise      it has something else under the same name
"""

import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qs, urlsplit

from chassis.settings import settings

AWire = TypeVar("AWire", bound=socket.socket)

#: Seconds without a byte, and those for all of one conversation: less than a lease.
SILENT_S, WHOLE_S = 8.0, 20.0
#: Bytes of an answer that are read; whoever sends more is not who we meant.
MOST = 2**18
PORTS = {"https": 443, "http": 80, "smtp": 25, "smtps": 465}


class Away(Exception):
    """It is not there, or not now; the word says why, and quotes nothing that came."""


class NotAllowed(Away):
    """Its address is none that we may speak with."""


class Unsure(Exception):
    """The connection broke when it may have had it already."""


class Otherwise(Exception):
    """It has something else under the same name."""


def places(listed: str) -> tuple[str, ...]:
    """Return the places of a comma-separated list, each once, as they are written.

    Raises ValueError, without the address, when one of them is none.
    """
    found = tuple(dict.fromkeys(filter(None, map(str.strip, listed.split(",")))))
    for number, place in enumerate(found, 1):
        if fault := wrong(place):
            raise ValueError(f"place {number} of the list {fault}")
    return found


def wrong(place: str) -> str | None:
    """Return what is wrong with a place, if anything is."""
    try:
        parts = urlsplit(place)
        has_password = parts.password is not None or not (parts.port or 1) > 0
    except ValueError:
        return "is no address"
    if has_password:
        return "brings a password; leave it out, and name DOORSTEP_HEADS_PASSWORD_FILE"
    if parts.scheme == "file":
        return None if parts.path.startswith("/") else "names no folder: file:/folder"
    if parts.scheme not in PORTS:
        return "begins with none of file:, smtp://, smtps:// and https://"
    if parts.hostname is None:
        return "names no host"
    if parts.scheme.startswith("smtp") and not all(mail_addresses(parts)):
        return "names no mailbox: smtp://host/?to=a@b&from=c@d"
    return None


def mail_addresses(parts: SplitResult) -> tuple[str, str]:
    """Return to whom and from whom a mail goes; empty where that is not said."""
    asked = parse_qs(parts.query)
    found = [asked.get(name, [""]) for name in ("to", "from")]
    to, sender = (each[0] if len(each) == 1 and "@" in each[0] else "" for each in found)
    return to, sender


def networks(listed: str) -> tuple[Any, ...]:
    """Return the networks of a comma-separated list. Raises ValueError."""
    return tuple(
        ipaddress.ip_network(each.strip()) for each in listed.split(",") if each.strip()
    )


def reached(host: str, port: int) -> socket.socket:
    """Connect to a host by the address that was looked at. Raises Away, NotAllowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Away("unknown-host") from None
    open_ones = [each[4][0] for each in found if is_allowed(str(each[4][0]))]
    if not open_ones:
        raise NotAllowed("address-not-allowed")
    for address in open_ones:
        with suppress(OSError):
            return limited(socket.create_connection((str(address), port), SILENT_S))
    raise Away("does-not-answer")


def is_allowed(address: str) -> bool:
    """Tell whether we may speak with an address.

    With a list (`DOORSTEP_HEADS_NETWORKS`) whatever is in it. Without one never a machine's
    own services (link-local), many at once, or none; ourselves only at a desk.
    """
    its = ipaddress.ip_address(address.partition("%")[0])
    its = getattr(its, "ipv4_mapped", None) or its
    if listed := networks(settings().heads_networks):
        return any(its in network for network in listed)
    if its.is_link_local or its.is_multicast or its.is_unspecified:
        return False
    if its.is_loopback:
        return settings().environment == "development"
    return not its.is_reserved


def protected(wire: socket.socket, host: str) -> ssl.SSLSocket:
    """Speak TLS as whoever has a certificate for this host. Raises OSError."""
    context = ssl.create_default_context()
    made = context.wrap_socket(wire, server_hostname=host, do_handshake_on_connect=False)
    try:
        limited(made).do_handshake()
    except OSError:
        made.close()
        raise
    return made


def limited(wire: AWire) -> AWire:
    """Have a connection broken off when all that is said on it takes too long.

    A byte now and then keeps a read going for ever; so the socket is shut from outside.
    """
    timer = threading.Timer(WHOLE_S, shut, [wire])
    timer.daemon = True
    timer.start()
    return wire


def shut(wire: socket.socket) -> None:
    with suppress(OSError):  # past TLS, which another thread is in the middle of
        socket.socket.shutdown(wire, socket.SHUT_RDWR)


class Wire(HTTPConnection):
    """HTTP to a host by an address that was looked at; follows nobody elsewhere."""

    def __init__(self, parts: SplitResult) -> None:
        self.tls = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        super().__init__(host, port, timeout=SILENT_S)
        self.default_port = PORTS[parts.scheme]  # a Host without it

    def connect(self) -> None:
        """Raises Away, OSError."""
        self.sock = reached(self.host, self.port)
        if self.tls:
            self.sock = protected(self.sock, self.host)


def exchange(
    url: str,
    method: str,
    body: bytes | None,
    headers: dict[str, str],
    *,
    is_signed: bool = False,
) -> tuple[int, bytes]:
    """Ask once; return the status and what came. Raises Away, Unsure.

    Away: it was not asked. Unsure: it was, and what became of it is not known. What is
    signed, and checked by that, may come in the clear; in production nothing else may.
    """
    parts, in_production = urlsplit(url), settings().environment == "production"
    if parts.scheme == "http" and in_production and not is_signed:
        raise NotAllowed("not-in-the-clear")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    wire = Wire(parts)
    try:
        connected(wire)
        return asked(wire, method, target, body, headers)
    except (OSError, HTTPException) as error:
        raise Unsure(type(error).__name__) from None
    finally:
        wire.close()


def connected(wire: Wire) -> None:
    try:
        wire.connect()
    except OSError as error:
        raise Away(type(error).__name__) from None


def asked(
    wire: Wire, method: str, target: str, body: bytes | None, headers: dict[str, str]
) -> tuple[int, bytes]:
    wire.request(method, target, body, headers)
    answer = wire.getresponse()
    if answer.length is None and not answer.chunked:
        raise Unsure("length-not-said")  # half of it would look like all of it
    content = answer.read(MOST + 1)
    if len(content) > MOST:
        raise Away("answer-too-long")
    return answer.status, content
