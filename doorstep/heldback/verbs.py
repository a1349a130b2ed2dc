"""What each word of `doorstep held-back` does."""

import argparse
import getpass
import os
from pathlib import Path

from chassis import clock
from chassis.topology import SERVICES
from doorstep.errors import Misuse
from doorstep.heldback import rows, telling
from doorstep.heldback.holders import holder, within

#: Characters of a reason.
LONGEST = 500


def show_all(_: argparse.Namespace) -> None:
    """Print what every service holds back."""
    lines, now = [], clock.now()
    for service in SERVICES:
        with within(service) as connection:
            found = rows.waiting(connection)
        lines += [telling.line(service, row, now) for row in found]
    print(telling.table(lines) if lines else "nothing is held back")


def show(words: argparse.Namespace) -> None:
    """Print one event; the bytes of an unreadable one go to a file when told so."""
    service = holder(words.id, words.of)
    with within(service) as connection:
        row = rows.one(connection, words.id)
        print(telling.shown(service, row))
        content = telling.opened(connection, service, row.raw) if row.raw else None
    if content is not None:
        print(telling.digest(content))
    if words.bytes is None:
        return
    if content is None:
        raise Misuse(f"event {words.id} can be read and is above; leave out --bytes")
    write_new(words.bytes, content)


def write_new(file: Path, content: bytes) -> None:
    """Write a file that only we can read. Raises Misuse when there is one already."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except (FileExistsError, FileNotFoundError, NotADirectoryError) as error:
        why = "exists" if isinstance(error, FileExistsError) else "is in no folder"
        raise Misuse(f"{file} {why}; name a new file in a folder that exists") from None
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
    print(f"they lie in {file}; they may be personal, remove the file when you are done")


def replay(words: argparse.Namespace) -> None:
    if words.id is None:
        with within(words.all_of) as connection:
            count = rows.replay_all(connection)
        print(f"{words.all_of} tries {count} events again now")
        return
    service = holder(words.id, words.of)
    with within(service) as connection:
        rows.replay(connection, words.id)
    print(f"{service} tries event {words.id} again now")


def discard(words: argparse.Namespace) -> None:
    because = words.because.strip()
    if not 0 < len(because) <= LONGEST:
        raise Misuse(f"the reason has {len(because)} characters; write 1 to {LONGEST}")
    service = holder(words.id, words.of)
    with within(service) as connection:
        who = getpass.getuser()
        rows.discard(connection, words.id, f"{because} (desk:{who})")
    print(f"event {words.id} never takes effect in {service}; those behind it go on")
