"""What waits on a phone goes out in its order, help first, and survives the phone."""

import os
from pathlib import Path
from typing import Any

import pytest

from doorstep.client import Answer, Unreachable
from doorstep.outgoing import Outgoing

JOURNAL, HELP = "/v1/visits/1/journal", "/v1/visits/1/help"


class Signal:
    """A gateway that answers as it is told, and keeps what came."""

    def __init__(self, *statuses: int) -> None:
        self.statuses, self.came = list(statuses), []

    def post(self, path: str, body: Any, key: str | None = None) -> Answer:
        self.came.append((path, body, key))
        if not self.statuses:
            raise Unreachable("nobody")
        return Answer(self.statuses.pop(0), {})


def bodies(signal: Signal) -> list[Any]:
    return [body for _, body, _ in signal.came]


def test_help_goes_before_all_that_waits_and_calls_stay_in_their_order(tmp_path) -> None:
    phone = Outgoing.of(tmp_path)
    for path, body in ((JOURNAL, 1), (JOURNAL, 2), (HELP, "a"), (JOURNAL, 3), (HELP, "b")):
        phone.add(path, body)

    phone.send(signal := Signal(*[200] * 5))

    assert bodies(signal) == ["a", "b", 1, 2, 3]
    assert phone.waiting == []


@pytest.mark.parametrize("statuses", [(), (503,), (429,), (401,), (408,), (500,), (302,)])
def test_what_nobody_answered_waits_and_keeps_its_key(tmp_path, statuses) -> None:
    phone = Outgoing.of(tmp_path)
    phone.add(JOURNAL, 1)
    phone.send(first := Signal(*statuses))

    again = Outgoing.of(tmp_path)  # the phone died meanwhile
    again.send(second := Signal(200))

    assert first.came == second.came
    assert Outgoing.of(tmp_path).waiting == []


def test_help_that_is_called_while_others_are_sent_is_next(tmp_path) -> None:
    phone = Outgoing.of(tmp_path)

    class Meanwhile(Signal):
        def post(self, path: str, body: Any, key: str | None = None) -> Answer:
            if body == 1:
                phone.add(HELP, "a")
            return super().post(path, body, key)

    for number in (1, 2):
        phone.add(JOURNAL, number)
    phone.send(signal := Meanwhile(*[200] * 3))

    assert bodies(signal) == [1, "a", 2]


@pytest.mark.parametrize("status", [202, 400, 403, 404, 409, 410, 413, 422])
def test_what_is_taken_or_refused_for_good_is_answered(tmp_path, status) -> None:
    phone = Outgoing.of(tmp_path)
    phone.add(JOURNAL, 1)

    (sent,) = phone.send(Signal(status))

    assert (sent.order.body, sent.answer.status, phone.waiting) == (1, status, [])


def test_what_waits_is_on_disk_under_its_name(tmp_path, monkeypatch) -> None:
    """The file's bytes, then its new name in the folder: both are synced."""
    synced, sync = [], os.fsync

    def noted(handle: int) -> None:
        its = Path(os.readlink(f"/proc/self/fd/{handle}"))
        synced.append((its.name, (tmp_path / "outgoing.jsonl").exists()))
        sync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    Outgoing.of(tmp_path).add(HELP, "a")

    assert synced == [("outgoing.new", False), (tmp_path.name, True)]


def test_a_line_that_was_cut_short_never_counted(tmp_path: Path) -> None:
    phone = Outgoing.of(tmp_path)
    phone.add(JOURNAL, 1)
    with phone.file.open("ab") as file:
        file.write(b'{"path": "/v1/vis')

    assert [each.body for each in Outgoing.of(tmp_path).waiting] == [1]
