"""Follows a visit's event stream in the background, as a dashboard would."""

import threading
import time
from collections import deque

from doorstep.client import Gateway, Happened, Unreachable

#: What happens at the door and to its money; that the visit was planned is from before.
TOLD = ("field_visit.", "recovery.")
PAUSE_S, QUIET_S = 0.02, 0.25


class Feed:
    """The events of one visit as they come. Comes back by itself when it is cut off."""

    def __init__(
        self, gateway: Gateway, visit_id: object, last_id: str | None = None
    ) -> None:
        self.visit_id, self.last_id = visit_id, last_id
        self._gateway, self._path = gateway, f"/v1/visits/{visit_id}/events"
        self._events: deque[Happened] = deque()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Follow no longer; the thread ends with the next thing the stream says."""
        self._over.set()

    def await_events(self, expected: int, patience_s: float) -> list[Happened]:
        """Return the events since the last call, once there are as many as expected.

        Where none is expected, or more may follow, a moment of quiet is waited for.
        """
        end = time.monotonic() + patience_s
        while len(self._events) < expected and time.monotonic() < end:
            time.sleep(PAUSE_S)
        time.sleep(QUIET_S)
        return [self._events.popleft() for _ in range(len(self._events))]

    def _follow(self) -> None:
        while not self._over.is_set():
            try:
                for event in self._gateway.events(self._path, self.last_id):
                    if self._over.is_set():
                        return
                    self.last_id = event.id or self.last_id
                    if event.topic.startswith(TOLD):
                        self._events.append(event)
            except Unreachable:
                time.sleep(PAUSE_S * 10)
