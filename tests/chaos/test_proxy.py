"""The proxy, with real sockets: what each mode does to who is connected through it."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from chaos.faults.proxy.modes import Mode
from chaos.faults.proxy.network import Network, network
from chaos.faults.proxy.pair import RST

LINK = "link"
#: Seconds in which something arrives if it does, and in which nothing came.
SOON_S, SILENT_S = 5.0, 0.3


class Echo:
    """Says again what it is told, and knows how each of its connections ended."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.heard: list[bytes] = []
        self.endings: list[str] = []
        self.open: list[socket.socket] = []
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.listening.getsockname()[1])

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                one, _ = self.listening.accept()
                self.open.append(one)
                threading.Thread(target=self.talk, args=[one], daemon=True).start()

    def end(self) -> None:
        with suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)  # wakes who waits for a caller
        for each in (self.listening, *self.open):
            each.close()

    def talk(self, one: socket.socket) -> None:
        try:
            while data := one.recv(1 << 16):
                self.heard.append(data)
                one.sendall(data)
            self.endings.append("closed")
        except OSError:
            self.endings.append("reset")
        one.close()


class Callers:
    """Whoever connects through a port."""

    def __init__(self, port: int, doors: ExitStack) -> None:
        self.port, self.doors = port, doors

    def called(self) -> socket.socket:
        one = socket.create_connection(("127.0.0.1", self.port), SOON_S)
        return self.doors.enter_context(one)

    def connected(self) -> socket.socket:
        """One whom the other end has answered."""
        one = self.called()
        assert asked(one, b"first") == b"first"
        return one


@pytest.fixture
def echo() -> Iterator[Echo]:
    its = Echo()
    yield its
    its.end()


@pytest.fixture
def wires() -> Iterator[Network]:
    with network() as its:
        yield its


@pytest.fixture
def callers(wires: Network, echo: Echo) -> Iterator[Callers]:
    with ExitStack() as doors:
        yield Callers(wires.add(LINK, "127.0.0.1", echo.port), doors)


def asked(one: socket.socket, words: bytes) -> bytes:
    one.sendall(words)
    return received(one, len(words))


def received(one: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count and (piece := one.recv(1 << 16)):
        got += piece
    return got


def silent(one: socket.socket) -> bool:
    """Tell whether nothing comes, neither bytes nor an end."""
    one.settimeout(SILENT_S)
    try:
        one.recv(1)
    except TimeoutError:
        return True
    finally:
        one.settimeout(SOON_S)
    return False


def until(true: object, what: list[str]) -> None:
    give_up = time.monotonic() + SOON_S
    while true not in what:
        assert time.monotonic() < give_up, what
        time.sleep(0.01)


def test_bytes_and_their_end_arrive_both_ways(callers: Callers, echo: Echo) -> None:
    one = callers.connected()
    words = bytes(range(256)) * 40_000
    sender = threading.Thread(target=one.sendall, args=[words])
    sender.start()

    assert received(one, len(words)) == words
    sender.join()
    one.shutdown(socket.SHUT_WR)
    assert one.recv(1) == b""
    assert echo.endings == ["closed"]


def test_a_server_that_is_not_there_resets_whoever_comes(
    callers: Callers, echo: Echo
) -> None:
    echo.end()

    with pytest.raises(ConnectionResetError):
        callers.called().recv(1)


def test_a_reset_is_handed_on(callers: Callers, echo: Echo) -> None:
    one = callers.connected()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
    one.close()

    until("reset", echo.endings)


def test_latency_delays_each_way_and_keeps_the_order(
    wires: Network, callers: Callers
) -> None:
    one = callers.connected()
    wires.cut(LINK, Mode("latency", ms=100, jitter_ms=50))
    words = [b"%04d" % number for number in range(200)]
    began = time.monotonic()
    for each in words:
        one.sendall(each)

    assert received(one, 800) == b"".join(words)
    assert time.monotonic() - began >= 0.1
    wires.heal(LINK)
    began = time.monotonic()
    assert asked(one, b"now") == b"now"
    assert time.monotonic() - began < 0.1


def test_drop_closes_who_is_connected_and_refuses_who_comes(
    wires: Network, callers: Callers, echo: Echo
) -> None:
    one = callers.connected()
    wires.cut(LINK, Mode("drop"))

    assert one.recv(1) == b""
    until("closed", echo.endings)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            callers.called()
    wires.heal(LINK)
    callers.connected()


def test_reset_ends_who_is_connected_and_who_comes_by_rst(
    wires: Network, callers: Callers, echo: Echo
) -> None:
    one = callers.connected()
    wires.cut(LINK, Mode("reset"))

    with pytest.raises(ConnectionResetError):
        one.recv(1)
    until("reset", echo.endings)
    with pytest.raises(ConnectionResetError):
        callers.called().recv(1)
    wires.heal(LINK)
    callers.connected()


def test_half_open_up_the_caller_believes_and_is_told_once_it_is_whole(
    wires: Network, callers: Callers, echo: Echo
) -> None:
    one, other = callers.connected(), callers.connected()
    wires.cut(LINK, Mode("half-open", way="up"))
    until("reset", echo.endings)
    heard = list(echo.heard)
    newcomer = callers.called()
    for each in (one, newcomer):
        each.sendall(b"into the void")
    assert [silent(each) for each in (one, other, newcomer)] == [True] * 3

    wires.heal(LINK)

    for each in (one, newcomer):
        with pytest.raises(ConnectionResetError):
            each.recv(1)
    assert silent(other)  # it has asked nothing, so nobody told it
    other.sendall(b"are you there")
    with pytest.raises(ConnectionResetError):
        other.recv(1)
    assert echo.heard == heard
    callers.connected()


def test_half_open_down_the_server_believes(
    wires: Network, callers: Callers, echo: Echo
) -> None:
    one = callers.connected()
    wires.cut(LINK, Mode("half-open", way="down"))

    with pytest.raises(ConnectionResetError):
        one.recv(1)
    time.sleep(SILENT_S)
    assert echo.endings == []
    echo.open[0].sendall(b"are you there")
    wires.heal(LINK)
    until("reset", echo.endings)


def test_whoever_asks_whether_the_other_lives_learns_it_then(
    wires: Network, callers: Callers
) -> None:
    one = callers.connected()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 2)
    wires.cut(LINK, Mode("half-open", way="up"))
    wires.heal(LINK)

    with pytest.raises(ConnectionResetError):
        one.recv(1)


def test_slow_lets_so_many_bytes_pass_a_second(wires: Network, callers: Callers) -> None:
    one = callers.connected()
    wires.cut(LINK, Mode("slow", bytes_s=100_000))
    words = b"x" * 40_000
    began = time.monotonic()

    assert asked(one, words) == words
    assert 0.4 <= time.monotonic() - began < SOON_S
    one.sendall(words)
    wires.heal(LINK)
    began = time.monotonic()
    assert received(one, len(words)) == words
    assert time.monotonic() - began < 0.4


@pytest.mark.parametrize("way", ["up", "down"])
def test_one_way_passes_and_the_other_arrives_when_it_is_whole(
    wires: Network, callers: Callers, echo: Echo, way: str
) -> None:
    one = callers.connected()
    wires.cut(LINK, Mode("one-way", way=way))  # type: ignore[arg-type]
    one.sendall(b"second")

    assert silent(one)
    assert (echo.heard[-1] == b"second") is (way == "down")
    wires.heal(LINK)
    assert received(one, 6) == b"second"


def test_a_mode_after_another_takes_its_place(wires: Network, callers: Callers) -> None:
    wires.cut(LINK, Mode("drop"))
    wires.cut(LINK, Mode("latency", ms=1))

    callers.connected()


def test_its_process_ends_with_whoever_began_it() -> None:
    with network() as its:
        process = its.process
        assert process.poll() is None
    assert process.returncode == 0


def test_an_end_that_was_held_up_comes_to_nothing_when_the_other_has_gone(
    wires: Network, callers: Callers, echo: Echo
) -> None:
    one = callers.connected()
    wires.cut(LINK, Mode("slow", bytes_s=1_000))
    one.sendall(b"x" * 10_000)
    one.shutdown(socket.SHUT_WR)
    time.sleep(SILENT_S)
    echo.open[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
    echo.open[0].close()

    wires.heal(LINK)

    callers.connected()
