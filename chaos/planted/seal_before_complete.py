"""A visit is sealed as soon as both have left, whatever of it is still to come."""

from types import ModuleType


def plant(sealing: ModuleType) -> None:
    sealing.waits_for = lambda visit, unit: ()  # type: ignore[attr-defined]
