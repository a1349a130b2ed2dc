"""How a process without a port says that it is ready: a file that is there."""

import os
from pathlib import Path


def yes() -> None:
    """Say that this process does its work now."""
    if name := os.environ.get("DOORSTEP_READY_FILE"):
        Path(name).touch()


def no() -> None:
    """Say that it does not."""
    if name := os.environ.get("DOORSTEP_READY_FILE"):
        Path(name).unlink(missing_ok=True)
