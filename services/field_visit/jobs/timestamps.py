"""Asking a timestamp authority over a head (RFC 3161), and checking what it says at once.

The token proves that the head was there at a moment, to whoever trusts the authority and
not us. An authority that is down stops nothing: it is asked again, and until then there is
no token.
"""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from cryptography.x509 import (
    Certificate,
    ExtendedKeyUsage,
    ExtensionNotFound,
    load_pem_x509_certificates,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlalchemy import Connection, Engine, Row, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import clock, outward
from chassis.outward import Away, Unsure
from chassis.settings import settings
from proto import ids
from services.field_visit.jobs.publishing import next_at
from services.field_visit.model import timestamp_table
from services.field_visit.store import stamp_id

STAMP = timestamp_table.c
#: Until what somebody asks about is asked about by another.
IN_HAND = timedelta(minutes=5)
#: Seconds that a call of openssl may take; all it reads is small.
OPENSSL_S = 20
DIGESTS = {"international": "-sha256", "sm": "-sm3"}
ASKS = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
}
#: As openssl prints it, whatever the language of the machine.
SAID_AT = re.compile(
    r"^Time stamp: (\w{3} +\d+ \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$", re.M
)


class Unfit(Exception):
    """What came is no token over this, by nobody we know, or of another asking."""


@dataclass(frozen=True)
class Token:
    """The whole answer of an authority, when it says it was, and until when its
    certificate is good.
    """

    content: bytes
    stamped_at: datetime
    good_until: datetime


def stamp(engine: Engine, text: str) -> bytes | None:
    """Have a text stamped, and try at once; return the token, if there is one.

    Without an authority nothing is asked or kept. Never raises for the authority: it is
    asked again by `stamp_due`.
    """
    if not settings().tsa_url:
        return None
    with engine.begin() as connection:
        row_id = want(connection, text)
    stamp_these(engine, [row_id], lambda: None)
    with engine.connect() as connection:
        found = connection.scalar(select(STAMP.token).where(STAMP.id == row_id))
    return None if found is None else bytes(found)


def want(connection: Connection, text: str) -> UUID:
    """Note that this is to be stamped, once; return its row."""
    now, sha256 = clock.now(), stamp_id(text)
    row_id = ids.named("timestamp", sha256)
    row = {"id": row_id, "text": text, "sha256": sha256, "wanted_at": now, "next_at": now}
    connection.execute(insert(timestamp_table).values(row).on_conflict_do_nothing())
    return row_id


def stamp_due(engine: Engine, renew: Callable[[], None]) -> None:
    """Ask about whatever has no token and whose time has come."""
    due = select(STAMP.id).where(STAMP.next_at <= clock.now()).order_by(STAMP.next_at)
    with engine.connect() as connection:
        rows = list(connection.scalars(due))
    if settings().tsa_url:
        stamp_these(engine, rows, renew)


def stamp_these(engine: Engine, rows: list[UUID], renew: Callable[[], None]) -> None:
    for each in rows:
        renew()
        if (row := take_in_hand(engine, each)) is None:
            continue
        try:
            token = asked(row.text)
        except (Away, Unsure, Unfit, OSError, subprocess.SubprocessError) as error:
            why = str(error) if isinstance(error, Away | Unfit) else type(error).__name__
            note(engine, row, why=why, next_at=next_at(row.tries, clock.now()))
        else:
            note(
                engine,
                row,
                token=token.content,
                stamped_at=token.stamped_at,
                good_until=token.good_until,
                next_at=None,
                why=None,
            )


def take_in_hand(engine: Engine, row_id: UUID) -> Row[Any] | None:
    now = clock.now()
    mine = update(timestamp_table).where(STAMP.id == row_id, STAMP.next_at <= now)
    claim = mine.values(next_at=now + IN_HAND, tries=STAMP.tries + 1)
    with engine.begin() as connection:
        return connection.execute(claim.returning(timestamp_table)).first()


def note(engine: Engine, row: Row[Any], **values: Any) -> None:
    with engine.begin() as connection:
        mine = update(timestamp_table).where(STAMP.id == row.id, STAMP.tries == row.tries)
        connection.execute(mine.values(values))


def asked(text: str) -> Token:
    """Ask the authority over a text, and check what it says.

    Raises Away, Unsure, Unfit, OSError, SubprocessError.
    """
    with TemporaryDirectory() as place:
        folder = Path(place)
        query, reply = folder / "asked.tsq", folder / "said.tsr"
        (folder / "text").write_text(text)
        digest = DIGESTS[settings().seal_suite]
        openssl("ts", "-query", "-data", folder / "text", digest, "-cert", "-out", query)
        status, content = outward.exchange(
            settings().tsa_url, "POST", query.read_bytes(), ASKS, is_signed=True
        )
        if status != 200:
            raise Away(f"status-{status}")
        reply.write_bytes(content)
        check(query, reply)
        return read(reply)


def check(query: Path, reply: Path) -> None:
    """See that it answers this very query, by a certificate of whom we trust.

    Raises Unfit: another hash or nonce, a certificate that is over, or nothing readable.
    """
    trusted = settings().tsa_ca
    assert trusted is not None, "the settings refuse an authority without its certificate"
    openssl("ts", "-verify", "-in", reply, "-queryfile", query, "-CAfile", trusted)


def read(reply: Path) -> Token:
    """Return what the token in a checked answer says. Raises Unfit.

    What the answer says beside it, its status in words, nobody signed.
    """
    said = openssl("ts", "-reply", "-in", reply, "-token_out", "-text")
    token = reply.with_suffix(".der")
    openssl("ts", "-reply", "-in", reply, "-token_out", "-out", token)
    at = SAID_AT.search(said)
    signers = [each for each in certificates(token) if stamps(each)]
    if at is None or not signers:
        raise Unfit("not-readable")
    moment = datetime.strptime(f"{at[1]} {at[2]} +0000", "%b %d %H:%M:%S %Y %z")
    return Token(
        reply.read_bytes(),
        moment,
        min(each.not_valid_after_utc for each in signers),
    )


def certificates(token: Path) -> list[Certificate]:
    """Return whose certificates it brings. Raises Unfit."""
    said = openssl("pkcs7", "-inform", "DER", "-in", token, "-print_certs")
    try:
        return load_pem_x509_certificates(said.encode())
    except ValueError:
        raise Unfit("not-readable") from None


def stamps(certificate: Certificate) -> bool:
    """Tell whether it is one that timestamps are signed by (RFC 3161, 2.3)."""
    try:
        usage = certificate.extensions.get_extension_for_class(ExtendedKeyUsage).value
    except ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.TIME_STAMPING in usage


def openssl(*words: str | Path) -> str:
    """Call openssl; return what it prints.

    Raises Unfit when it says no, OSError when it is not here.
    """
    done = subprocess.run(
        ["openssl", *map(str, words)],
        capture_output=True,
        timeout=OPENSSL_S,
        check=False,
    )
    if done.returncode:
        raise Unfit("not-verified")
    return done.stdout.decode("utf-8", "replace")
