"""The row of an upload counts bytes that were written and not synced: the disk will do it.

As long as only processes die that is true. After a power cut the row says that bytes are
there which are zeros or are missing, and whoever goes on from that offset is wronged.
"""

from types import ModuleType
from typing import Any


def plant(reception: ModuleType) -> None:
    def durable(file: Any, sure: int) -> None:
        """Leave it to the kernel."""

    reception.durable = durable  # type: ignore[attr-defined]
