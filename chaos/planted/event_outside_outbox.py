"""Some events are sent past the outbox, by a process that dies before it sends them."""

from random import random
from types import ModuleType
from typing import Any

SHARE, WHERE = 0.03, "field_visit"


def plant(unit: ModuleType) -> None:
    honest = unit.Unit.emit

    def emit(self: Any, event: Any, subject: Any) -> None:
        at_a_door = self.asker is not None and self.source == WHERE
        if not at_a_door or random() >= SHARE:
            honest(self, event, subject)

    unit.Unit.emit = emit
