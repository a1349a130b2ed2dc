"""What was held back is tried again at once, as long as it fails, until it is parked."""

import time
from datetime import timedelta
from types import ModuleType
from typing import Any

SPIN_S = 1.0


def plant(again: ModuleType) -> None:
    honest = again.drain
    again.held.wait = lambda attempts: timedelta(0)

    def drain(engine: Any, service: str, its: Any) -> int:
        until, done = time.monotonic() + SPIN_S, 0
        while time.monotonic() < until:
            done += honest(engine, service, its)
            time.sleep(0.1)
        return done

    again.drain = drain  # type: ignore[attr-defined]
