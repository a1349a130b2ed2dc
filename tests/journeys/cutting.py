"""A line between a phone and a gateway, which breaks when it is told to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PIECE = 1 << 16


@dataclass
class Line:
    """Listens on loopback and carries bytes to a gateway and back.

    `cut_after` bytes towards the gateway every connection is reset, once.
    """

    to: tuple[str, int]
    cut_after: int | None = None
    cuts: int = 0
    carried: int = 0
    open: set[socket.socket] = field(default_factory=set)
    listening: socket.socket = field(init=False)

    @property
    def url(self) -> str:
        host, port = self.listening.getsockname()
        return f"http://{host}:{port}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listening.accept()
                far = socket.create_connection(self.to)
                self.open |= {near, far}
                for one, other, up in ((near, far, True), (far, near, False)):
                    carry = threading.Thread(target=self.carry, args=(one, other, up))
                    carry.start()

    def carry(self, one: socket.socket, other: socket.socket, up: bool) -> None:
        with suppress(OSError):
            while piece := one.recv(PIECE):
                other.sendall(piece)
                if up and self.is_over(len(piece)):
                    break
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
            self.open.discard(each)

    def is_over(self, more: int) -> bool:
        self.carried += more
        if self.cut_after is None or self.carried < self.cut_after:
            return False
        self.cuts, self.cut_after = self.cuts + 1, None
        return True


@contextmanager
def line(host: str, port: int, cut_after: int) -> Iterator[Line]:
    made = Line((host, port), cut_after)
    made.listening = socket.create_server(("127.0.0.1", 0))
    serving = threading.Thread(target=made.serve)
    serving.start()
    yield made
    made.listening.shutdown(socket.SHUT_RDWR)
    made.listening.close()
    for each in list(made.open):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    serving.join()
