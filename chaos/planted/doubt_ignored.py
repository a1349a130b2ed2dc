"""An ask is answered by what is known, however long ago that was heard."""

from types import ModuleType


def plant(shared: ModuleType) -> None:
    shared.Shared.refuse_stale = lambda self, sources, subjects: None
