"""Every event is taken for a new one, whatever the inbox says."""

from types import ModuleType
from typing import Any


def plant(effects: ModuleType) -> None:
    honest = effects.first_time

    def first_time(connection: Any, heard: Any) -> set[Any]:
        honest(connection, heard)
        return {each.id for each in heard}

    effects.first_time = first_time  # type: ignore[attr-defined]
