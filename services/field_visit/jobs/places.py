"""Giving one tree head to one place: a folder, an archive, a mailbox. Never over something.

What a place has is looked at before it is given anything, and again afterwards where it
can be: a place that forgets, or takes only half, does not count as one that has it.
"""

import base64
import hashlib
import json
import os
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as LINES
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

from chassis import outward
from chassis.media import sync_folder
from chassis.outward import PORTS, Away, Otherwise, Unsure
from chassis.settings import settings
from proto.canonical import canonical

CREATED = {200, 201, 202, 204}
NOT_THERE, THERE_ALREADY = {404, 410}, {409, 412}


@dataclass(frozen=True)
class Gift:
    """A tree head and its signature, as it is given away."""

    head: str
    signature: str

    @property
    def content(self) -> bytes:
        """One line of canonical JSON, as in `data/log.json` of a bundle."""
        return canonical({"head": self.head, "signature": self.signature}) + b"\n"

    @property
    def name(self) -> str:
        """Return how it is called everywhere: by its bank, moment and size.

        Not by what it says, so that a second head of that moment meets the first one.
        """
        said = json.loads(self.head)
        bank = "".join(c if c.isalnum() or c in "-_" else "_" for c in said["bank"])
        return f"{bank}-{self.at:%Y%m%dT%H%M%SZ}-{int(said['size'])}.json"

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(json.loads(self.head)["at"])

    def is_in(self, content: bytes) -> bool:
        """Tell whether this is what lies there, by whatever signature of ours.

        Raises Otherwise when something else does. Signatures of SM2 differ each time.
        """
        with suppress(ValueError, TypeError, KeyError):
            if json.loads(content)["head"] == self.head:
                return True
        raise Otherwise


def give(place: str, gift: Gift) -> None:
    """Give a head to a place; once it returns the place has it.

    Raises Away when it does not have it, Unsure, Otherwise.
    """
    parts = urlsplit(place)
    match parts.scheme:
        case "file":
            lay(Path(unquote(parts.path)), gift)
        case "http" | "https":
            put(parts, gift)
        case _:
            mail(parts, gift)


def lay(folder: Path, gift: Gift) -> None:
    """Lay it into a folder: whole or not at all. A folder that is not there is not made:
    what is mounted there may be missing.
    """
    kept, draft = folder / gift.name, folder / f".{gift.name}.partial"
    try:
        if kept.exists() and gift.is_in(kept.read_bytes()):
            return
        with draft.open("wb") as file:
            file.write(gift.content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, kept)
        draft.unlink(missing_ok=True)
        sync_folder(folder)
        gift.is_in(kept.read_bytes())
    except OSError as error:
        raise Away(type(error).__name__) from None


def put(parts: SplitResult, gift: Gift) -> None:
    """Put it into an archive by HTTP (RFC 9110, 9.3.4), which must not have that name yet
    (13.1.2), and see that it lies there.
    """
    url, headers = address(parts, gift)
    if has(url, headers, gift):
        return
    asks = headers | {"If-None-Match": "*", "Content-Type": "application/json"}
    status, _ = outward.exchange(url, "PUT", gift.content, asks)
    if status not in CREATED | THERE_ALREADY:
        raise Away(f"status-{status}")
    if not has(url, headers, gift):
        raise Away("not-kept")


def address(parts: SplitResult, gift: Gift) -> tuple[str, dict[str, str]]:
    """Return where it goes, and what is said of ourselves (RFC 7617)."""
    at = parts.hostname or ""
    host = f"[{at}]" if ":" in at else at
    netloc = f"{host}:{parts.port}" if parts.port else host
    path = f"{parts.path.rstrip('/')}/{quote(gift.name)}"
    url = parts._replace(netloc=netloc, path=path, query="", fragment="").geturl()
    if parts.username is None:
        return url, {}
    words = f"{unquote(parts.username)}:{password()}".encode()
    return url, {"Authorization": f"Basic {base64.b64encode(words).decode()}"}


def has(url: str, headers: dict[str, str], gift: Gift) -> bool:
    """Tell whether an archive has it. Raises Away, Unsure, Otherwise."""
    status, content = outward.exchange(url, "GET", None, headers)
    if status in NOT_THERE:
        return False
    if status != 200:
        raise Away(f"status-{status}")
    return gift.is_in(content)


def password() -> str:
    """Return the password of whom we are to a place. Raises Away."""
    file = settings().heads_password_file
    try:
        return file.read_text().strip() if file else ""
    except (OSError, UnicodeDecodeError):
        raise Away("password-unreadable") from None


class Mail(smtplib.SMTP):
    """A conversation with a mail server, by an address that was looked at."""

    def __init__(self, parts: SplitResult) -> None:
        self.parts = parts
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        super().__init__(host, port, "localhost", timeout=outward.SILENT_S)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # the name by which smtplib's own SMTP_SSL does the same
        wire = outward.reached(host, port)
        return outward.protected(wire, host) if self.parts.scheme == "smtps" else wire


def mail(parts: SplitResult, gift: Gift) -> None:
    """Send it to a mailbox (RFC 5321). Raises Away, Unsure.

    Nobody can be asked what a mailbox has. What may have arrived is sent again under the
    same Message-ID, by which the mailbox knows it (RFC 5322, 3.6.4).
    """
    to, sender = outward.mail_addresses(parts)
    try:
        with Mail(parts) as server:
            introduce(server, parts)
            for status, _ in (server.mail(sender), server.rcpt(to)):
                if status not in (250, 251):
                    raise Away(f"status-{status}")
            hand_over(server, letter(to, sender, gift))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise Away(type(error).__name__) from None


def introduce(server: Mail, parts: SplitResult) -> None:
    """Have the conversation protected, and say who we are if the place names somebody.

    Raises Away where it would be in the clear: in production always, and with a password.
    """
    server.ehlo_or_helo_if_needed()
    if parts.scheme == "smtp" and server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        outward.limited(wire_of(server))
        server.ehlo()
    protected = isinstance(server.sock, ssl.SSLSocket)
    in_the_clear = not protected and settings().environment == "production"
    if in_the_clear or (parts.username and not protected):
        raise Away("not-in-the-clear")
    if parts.username:
        server.login(unquote(parts.username), password())


def wire_of(server: Mail) -> socket.socket:
    """Raises SMTPServerDisconnected."""
    if server.sock is None:
        raise smtplib.SMTPServerDisconnected
    return server.sock


def hand_over(server: Mail, content: bytes) -> None:
    """Raises Unsure when nobody said whether it was taken."""
    try:
        status, _ = server.data(content)
    except smtplib.SMTPDataError as refusal:
        raise Away(f"status-{refusal.smtp_code}") from None
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise Unsure(type(error).__name__) from None
    if status != 250:
        raise Away(f"status-{status}")


def letter(to: str, sender: str, gift: Gift) -> bytes:
    """Return the mail: the same bytes whenever it is written."""
    written = EmailMessage(policy=LINES)
    written["From"], written["To"], written["Subject"] = sender, to, gift.name
    written["Date"] = format_datetime(gift.at)
    digest = hashlib.sha256(gift.head.encode()).hexdigest()
    written["Message-ID"] = f"<{digest[:32]}@{sender.rpartition('@')[2]}>"
    written.set_content(gift.content, "application", "json", filename=gift.name)
    return written.as_bytes()
