"""An event that failed is acknowledged, and held back nowhere."""

from types import ModuleType
from typing import Any


def plant(effects: ModuleType) -> None:
    def hold_back(engine: Any, lane: str, heard: Any, error: Exception) -> bool:
        return True

    effects.hold_back = hold_back  # type: ignore[attr-defined]
