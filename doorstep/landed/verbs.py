"""What each word of `doorstep landed` does."""

import argparse
import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from chassis import clock
from chassis.database import engine
from doorstep.direct import reach
from doorstep.errors import Misuse
from doorstep.heldback.telling import age, moment, table
from doorstep.heldback.verbs import LONGEST
from doorstep.landed import rows

TITLES = ("number", "what", "visit", "phone", "problem", "tries", "age", "state")


@contextmanager
def within() -> Iterator[Connection]:
    """Be in one transaction of the gateway's schema."""
    with engine(reach().database_url, "gateway", pool=0).begin() as connection:
        yield connection


def show_all(_: argparse.Namespace) -> None:
    """Print what has landed and no service has yet."""
    with within() as connection:
        found = rows.all_of_them(connection)
    now = clock.now()
    lines = [line(row, now) for row in found]
    print(table(lines, TITLES) if lines else "nothing has landed that is not handed on")


def line(row: Row[Any], now: datetime) -> tuple[str, ...]:
    return (
        str(row.number),
        row.operation,
        str(row.visit_id or "-"),  # of a complaint there is neither
        str(row.device_id or "-"),
        row.problem or "-",
        str(row.attempts),
        age(now - row.landed_at),
        row.state,
    )


def show(words: argparse.Namespace) -> None:
    """Print one of them: whose it is, and how it fares; never what it says."""
    with within() as connection:
        found = rows.one(connection, words.number)
    said = {name: plain(value) for name, value in found._mapping.items()}
    said["age"] = age(clock.now() - found.landed_at)
    print(json.dumps(said, ensure_ascii=False, indent=2, default=str))


def plain(value: object) -> object:
    return moment(value) if isinstance(value, datetime) else value


def retry(words: argparse.Namespace) -> None:
    with within() as connection:
        if words.all:
            count = rows.all_again(connection)
            print(f"{count} that were refused are handed on again now")
            return
        rows.again(connection, words.number)
    print(f"{words.number} is handed on again now")


def discard(words: argparse.Namespace) -> None:
    because = words.because.strip()
    if not 0 < len(because) <= LONGEST:
        raise Misuse(f"the reason has {len(because)} characters; write 1 to {LONGEST}")
    with within() as connection:
        rows.discard(connection, words.number, f"{because} (desk:{getpass.getuser()})")
    print(f"{words.number} is never handed on; the receipt that was given for it stands")
