"""Tries the tokens of a timestamp authority (RFC 3161) over heads, with its own CA."""

import calendar
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence import openssl
from evidence.errors import DoesNotFit
from evidence.heads import Head, SealedHead
from evidence.reading import Archive

NAME = "data/timestamps/{}.tsr"
#: As openssl prints it, whatever the language of the machine.
MOMENT = re.compile(
    r"^Time stamp: (\w{3} +\d+ \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$",
    re.MULTILINE | re.ASCII,
)


@dataclass(frozen=True)
class Stamp:
    """When the authority says that it saw a head; `ended` where its certificate was good
    at that moment and is not now.
    """

    at: str
    ended: bool


def stamped_parts(archive: Archive, parts: int) -> list[int]:
    """Return the parts of which there is a token. Raises DoesNotFit for one of no part."""
    found = [part for part in range(1, parts + 1) if NAME.format(part) in archive.members]
    all_of_them = [n for n in archive.members if n.startswith("data/timestamps/")]
    for name in all_of_them:
        if name not in {NAME.format(part) for part in found}:
            raise DoesNotFit("unnamed_file", name)
    return found


def check_stamps(
    archive: Archive,
    sealed: Sequence[tuple[SealedHead, Head]],
    parts: Sequence[int],
    authority: Path,
) -> dict[int, Stamp]:
    """Return when the authority says that it saw each part's head. Raises DoesNotFit."""
    stamps = {}
    for part in parts:
        name = NAME.format(part)
        text = sealed[part - 1][0].text.encode()
        with openssl.files(token=archive.read(name), head=text) as paths:
            stamp = _stamp(paths["token"], paths["head"], authority)
        if stamp is None:
            raise DoesNotFit("bad_stamp", name)
        stamps[part] = stamp
    return stamps


def _stamp(token: Path, head: Path, authority: Path) -> Stamp | None:
    """Return what a token says; None where it is none over this head by this authority.

    A certificate that ended since takes nothing from what it signed before: it is tried
    once more at the moment of the token, which its signature covers.
    """
    said = openssl.run("ts", "-reply", "-in", token, "-token_out", "-text").stdout
    found = MOMENT.search(said.decode(errors="replace"))
    seconds = _seconds(found) if found else None
    if found is None or seconds is None:
        return None
    moment = f"{found[1]} {found[2]} GMT"
    verify = ("ts", "-verify", "-data", head, "-in", token, "-CAfile", authority)
    if not openssl.run(*verify).returncode:
        return Stamp(moment, ended=False)
    if not openssl.run(*verify, "-attime", str(seconds)).returncode:
        return Stamp(moment, ended=True)
    return None


def _seconds(said: re.Match[str]) -> int | None:
    """Return a moment as openssl wants to be told it; None for what is no moment."""
    try:
        at = time.strptime(f"{said[1]} {said[2]}", "%b %d %H:%M:%S %Y")
    except ValueError:
        return None
    return calendar.timegm(at)
