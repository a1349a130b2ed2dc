"""Follows a visit's event stream in the background, as a dashboard would."""

import threading
import time
from collections import deque
from collections.abc import Sequence

from doorstep.client import Gateway, Unreachable

#: What happens at the door; that the visit was planned is from before.
OF_THE_DOOR = "field_visit."
PATIENCE_S, PAUSE_S, QUIET_S = 3.0, 0.02, 0.3


class Feed:
    """The topics of one visit as they come. Comes back by itself when it is cut off."""

    def __init__(self, gateway: Gateway, visit_id: object) -> None:
        self._gateway, self._path = gateway, f"/v1/visits/{visit_id}/events"
        self._topics: deque[str] = deque()
        self._over = threading.Event()
        self._last_id: str | None = None
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Follow no longer; the thread ends with the next thing the stream says."""
        self._over.set()

    def await_topics(self, expected: Sequence[str]) -> list[str]:
        """Return the topics since the last call, once there are as many as expected.

        Where none is expected, or more may follow, a moment of quiet is waited for.
        """
        end = time.monotonic() + PATIENCE_S
        while len(self._topics) < len(expected) and time.monotonic() < end:
            time.sleep(PAUSE_S)
        time.sleep(QUIET_S)
        return [self._topics.popleft() for _ in range(len(self._topics))]

    def _follow(self) -> None:
        while not self._over.is_set():
            try:
                for event in self._gateway.events(self._path, self._last_id):
                    self._last_id = event.id or self._last_id
                    if event.topic.startswith(OF_THE_DOOR):
                        self._topics.append(event.topic)
                    if self._over.is_set():
                        return
            except Unreachable:
                time.sleep(PAUSE_S * 10)
