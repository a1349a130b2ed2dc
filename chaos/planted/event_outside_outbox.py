"""Some events are sent past the outbox, by a process that dies before it sends them."""

from random import random
from types import ModuleType
from typing import Any

SHARE = 0.02


def plant(unit: ModuleType) -> None:
    honest = unit.Unit.emit

    def emit(self: Any, event: Any, subject: Any) -> None:
        if self.asker is None or random() >= SHARE:
            honest(self, event, subject)

    unit.Unit.emit = emit  # type: ignore[attr-defined]
