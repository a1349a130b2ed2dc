"""Send each file as one command, and find in the file what the platform refused."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from doorstep.client import Answer
from doorstep.importing.entries import body, column_of, sending
from doorstep.importing.table import Complaint, Row, Sheet

PATIENCE_S, PAUSE_S = 10.0, 0.2
#: What one part may not have heard yet that another already knows.
LATE = {"unknown-agency", "unknown-person", "unknown-letter"}
POINTER = re.compile(r"/(?P<list>\w+)/(?P<row>\d{1,9})(/(?P<field>.+))?")


class Sender(Protocol):
    """Whoever carries a command: a signed-in gateway."""

    def post(self, path: str, body: Any) -> Answer: ...


@dataclass(frozen=True)
class Sent:
    """What a file brought."""

    file: str
    new: int
    changed: int
    known: int


class NotTaken(Exception):
    """The platform refused a file, whole; nothing of it was taken in."""

    def __init__(self, file: str, complaints: list[Complaint]) -> None:
        super().__init__(file)
        self.file, self.complaints = file, complaints


class NotNow(Exception):
    """The platform could not say yes or no in time."""

    def __init__(self, file: str, detail: str) -> None:
        super().__init__(file)
        self.file, self.detail = file, detail


@dataclass(frozen=True)
class Clock:
    """How long to be patient, so that tests need not be."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def send(sheet: Sheet, sender: Sender, clock: Clock | None = None) -> Sent:
    """Send one file. Raises `NotTaken` or `NotNow`, and then nothing was taken in."""
    path, _ = sending(sheet)
    answer = _patiently(sender, f"/v1/{path}", body(sheet), clock or Clock())
    if answer.ok:
        counts = answer.body
        return Sent(
            sheet.file,
            new=int(counts.get("new", 0)),
            changed=int(counts.get("changed", 0)),
            known=int(counts.get("same", 0)),
        )
    if answer.status >= 500 or answer.status == 429:
        raise NotNow(sheet.file, str(answer.body.get("detail", answer.status)))
    raise NotTaken(sheet.file, list(_complaints(sheet, answer)))


def _patiently(sender: Sender, path: str, command: Any, clock: Clock) -> Answer:
    """Ask again while a refusal may only mean that word has not got round yet."""
    end = clock.now() + PATIENCE_S
    while True:
        answer = sender.post(path, command)
        if not _may_change(answer) or clock.now() >= end:
            return answer
        clock.sleep(PAUSE_S)


def _may_change(answer: Answer) -> bool:
    """Tell whether asking again may help."""
    if answer.status == 503:
        return True
    kinds = {error.get("kind") for error in _errors(answer)}
    return answer.status == 422 and bool(kinds) and kinds <= LATE


def _errors(answer: Answer) -> list[Mapping[str, Any]]:
    found = answer.body.get("errors")
    return found if isinstance(found, list) else []


def _complaints(sheet: Sheet, answer: Answer) -> Iterator[Complaint]:
    """Say where in the file each refusal belongs, in the platform's own sentences."""
    errors = _errors(answer)
    for error in errors:
        says = str(error.get("detail", ""))
        where = POINTER.fullmatch(str(error.get("pointer", "")))
        row = _row(sheet, where)
        if where is None or row is None:
            yield Complaint(sheet.file, None, "refused", says=says)
        else:
            yield _placed(sheet, row, where["field"], says)
    if not errors:
        says = str(answer.body.get("detail") or answer.status)
        yield Complaint(sheet.file, None, "refused", says=says)


def _row(sheet: Sheet, where: re.Match[str] | None) -> Row | None:
    if where is None or where["list"] != sheet.kind.name:
        return None
    number = int(where["row"])
    return sheet.rows[number] if number < len(sheet.rows) else None


def _placed(sheet: Sheet, row: Row, field: str | None, says: str) -> Complaint:
    if not field:
        return Complaint(sheet.file, row.line, "refused", says=says)
    column = column_of(sheet, field)
    cell = row.cells.get(column)
    return Complaint(
        sheet.file,
        cell.line if cell else row.line,
        "refused",
        sheet.titles.get(column, column),
        sheet.shown(row, column),
        says=says,
    )
