"""Say it once more: the same key again later, now and then with another content."""

import time
from collections import deque
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chaos.crews.asking import Asker
from chaos.crews.ledger import Told, Why

#: Shares of what was acknowledged, and the seconds until it is said again.
AGAIN_SHARE, OTHER_SHARE, LATER_S = 0.10, 0.05, (0.0, 15.0)


@dataclass
class Repetition:
    """An order that is to be sent once more."""

    due: float
    asker: Asker
    told: Told
    body: Mapping[str, Any]
    why: Why


@dataclass
class Repeater:
    """Keeps what is to be said again, and says it when it is due."""

    luck: Random
    waiting: deque[Repetition] = field(default_factory=deque)

    def consider(
        self, asker: Asker, told: Told, body: Mapping[str, Any], *, other: bool = True
    ) -> None:
        """Have an acknowledged order said again, by chance; with `other` otherwise too."""
        if not told.acknowledged:
            return
        due = time.monotonic() + self.luck.uniform(*LATER_S)
        chance = self.luck.random()
        if chance < AGAIN_SHARE:
            self.waiting.append(Repetition(due, asker, told, body, "again"))
        elif (
            other and chance < AGAIN_SHARE + OTHER_SHARE and (wrong := other_content(body))
        ):
            self.waiting.append(Repetition(due, asker, told, wrong, "other"))

    def repeat(self, *, every: bool = False) -> None:
        """Say what is due; or all of it, now. Raises GaveUp."""
        now = time.monotonic()
        for each in list(self.waiting):
            if every or each.due <= now:
                self.waiting.remove(each)
                each.asker.until_answered(each.told, each.body, each.why)


def other_content(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return another body of the same shape; nothing where there is nothing to change."""
    other = deepcopy(dict(body))
    match other:
        case {"present": [{"signature": dict(signature)}, *_]}:
            turn(signature)
        case {"journal": {"signature": dict(signature)}}:
            turn(signature)
        case {"cap": _}:
            other["cap"] = "1.00"
        case {"reason": reason}:
            other["reason"] = {"disputed": "bank_decision"}.get(
                reason, f"{reason}_after_all"
            )
        case {"amount": _}:
            other["amount"] = "1.00"
        case {"ending": _}:
            other["ending"] = "declined"
        case _:
            return None
    return other


def turn(signature: dict[str, Any]) -> None:
    """Make another signature of one, as well formed."""
    first, rest = signature["value"][0], signature["value"][1:]
    signature["value"] = ("B" if first == "A" else "A") + rest
