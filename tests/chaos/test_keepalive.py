"""When a system asks whether the other end of a connection lives, as its kernel tells."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chaos.faults.proxy import keepalive

MANY, IDLE_S = 200, 40


class Counted:
    """The kernel's table, and how often it was read."""

    def __init__(self, path: Path) -> None:
        self.path, self.reads = path, 0

    def read_text(self) -> str:
        self.reads += 1
        return self.path.read_text()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted(keepalive.TABLE)
    monkeypatch.setattr(keepalive, "TABLE", counted)
    monkeypatch.setattr(keepalive, "table", keepalive.Table())
    return counted


@pytest.fixture
def accepted() -> Iterator[list[socket.socket]]:
    """Our ends of many connections; the system of every other caller asks after a while."""
    with ExitStack() as stack:
        listening = stack.enter_context(
            socket.create_server(("127.0.0.1", 0), backlog=MANY)
        )
        ours = []
        for number in range(MANY):
            caller = socket.create_connection(listening.getsockname())
            stack.enter_context(caller)
            if number % 2:
                caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE_S)
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            ours.append(stack.enter_context(listening.accept()[0]))
        yield ours


def test_of_thousands_that_look_at_once_the_kernel_is_asked_once(
    read: Counted, accepted: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look each took a link with two thousand phones out of a run for five minutes."""
    monkeypatch.setattr(keepalive, "GOOD_S", 60.0)  # however slow this machine is

    found = [keepalive.due_s(each) for each in accepted]

    assert read.reads == 1
    assert found[::2] == [None] * (MANY // 2)
    assert all(each is not None and IDLE_S - 20 < each <= IDLE_S for each in found[1::2])


def test_what_is_asked_later_is_told_anew(
    read: Counted, accepted: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keepalive, "GOOD_S", -1.0)

    for each in accepted[:3]:
        keepalive.due_s(each)

    assert read.reads == 3
