"""`doorstep import`: take in a bank's files, all of each or nothing of it.

All files are read and checked together before anything is sent; each is then one
command. 0: done; 1: something is wrong in the files; 2: the platform was not reached.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from chassis.clock import anchor
from doorstep.catalogue import LANGUAGES, preferred, say
from doorstep.client import Gateway, NotSignedIn, Unreachable
from doorstep.importing.kinds import ACCOUNTS, KINDS
from doorstep.importing.reading import Read, read_all
from doorstep.importing.sending import Clock, NotNow, NotTaken, Sender, send
from doorstep.importing.table import Sheet
from doorstep.importing.telling import Telling

__all__ = ["Senders", "import_files", "main", "today"]

DONE, WRONG, NOT_REACHED = 0, 1, 2
#: The bank's own day: a debt cannot be overdue from tomorrow on.
BANK_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Senders:
    """Who sends which kind of file; `other` all that are not named."""

    other: Sender
    by_kind: Mapping[str, Sender]

    def of(self, sheet: Sheet) -> Sender:
        return self.by_kind.get(sheet.kind.name, self.other)


def main(argv: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    words = _parser().parse_args(list(argv))
    telling = Telling(words.lang, sys.stdout)
    read = read_all([Path(name) for name in words.files], today())
    if not _checked(read, telling):
        return WRONG
    if words.check:
        telling.say("checked")
        return DONE
    if not words.url:
        telling.say("nothing-runs")
        return NOT_REACHED
    try:
        return import_files(read, _signed_in(words), telling)
    except NotSignedIn as error:
        telling.say("not-signed-in", name=error.name, detail=error.detail)
        return WRONG
    except Unreachable as error:
        telling.say("not-reached", url=error.url)
        return NOT_REACHED


def import_files(
    read: Read, senders: Senders, telling: Telling, clock: Clock | None = None
) -> int:
    """Send checked files, in an order in which nothing is named before it is known."""
    if read.complaints:
        return WRONG
    for sheet in read.sheets:
        if sheet.kind is ACCOUNTS:
            telling.say("accounts", file=sheet.file)
            continue
        try:
            telling.sent(send(sheet, senders.of(sheet), clock))
        except NotTaken as refused:
            telling.complain(refused.complaints)
            telling.say("not-taken", file=refused.file)
            return WRONG
        except NotNow as later:
            telling.say("not-now", file=later.file, detail=later.detail)
            return NOT_REACHED
    return DONE


def today() -> date:
    """Return the bank's day; in a demonstration the pretended one.

    The clock of the services would want to know their database; this one needs none.
    """
    now = datetime.now(UTC)
    if pretence := os.environ.get("DOORSTEP_CLOCK"):
        pretended, since = anchor(pretence)
        now = pretended + (now - since)
    return now.astimezone(BANK_ZONE).date()


def _checked(read: Read, telling: Telling) -> bool:
    for sheet in read.sheets:
        telling.read(sheet, read.encodings[sheet.file])
    if not read.complaints:
        return True
    telling.complain(read.complaints)
    telling.say("nothing-sent")
    return False


def _signed_in(words: argparse.Namespace) -> Senders:
    """Sign in once for each account. Raises `NotSignedIn`, `Unreachable`."""
    gateway = Gateway(words.url, words.lang)
    signed_in: dict[str, Gateway] = {}
    by_kind: dict[str, Gateway] = {}
    for told in words.accounts or ["officer"]:
        kind, _, name = told.rpartition("=")
        if name not in signed_in:
            signed_in[name] = gateway.signed_in(name, _password(name, words.lang))
        by_kind[kind] = signed_in[name]
    other = by_kind.pop("", None) or next(iter(signed_in.values()))
    return Senders(other, by_kind)


def _password(name: str, language: str) -> str:
    told = os.environ.get("IMPORT_PASSWORD")
    if told is None and sys.stdin.isatty():
        told = getpass.getpass(say(language, "import.password", name=name))
    if not told:
        raise NotSignedIn(name, say(language, "import.no-password"))
    return told


def _url_here() -> str:
    """Return the platform of this home, if one is up: never whoever else listens."""
    host = os.environ.get("DOORSTEP_HTTP_HOST", "127.0.0.1")
    port = os.environ.get("DOORSTEP_HTTP_PORT")
    return f"http://{host}:{port}" if port else ""


def _account(text: str) -> str:
    kind, _, name = text.rpartition("=")
    if not name or kind not in {"", *KINDS}:
        raise argparse.ArgumentTypeError(f"{text!r} is not [KIND=]NAME")
    return text


def _parser() -> argparse.ArgumentParser:
    language = preferred(os.environ)

    def words(key: str) -> str:
        return say(language, f"import.help.{key}")

    parser = argparse.ArgumentParser(prog="doorstep import", description=words("about"))
    parser.add_argument("files", nargs="+", metavar="FILE|DIR", help=words("files"))
    parser.add_argument("--check", action="store_true", help=words("check"))
    parser.add_argument(
        "--as",
        dest="accounts",
        action="append",
        type=_account,
        metavar="[KIND=]NAME",
        help=words("as"),
    )
    parser.add_argument("--url", default=_url_here(), help=words("url"))
    parser.add_argument("--lang", choices=LANGUAGES, default=language, help=words("lang"))
    return parser
