"""Puts a bug into one module of the product, right after that has been imported; and notes
what was synced to disk, for whoever cuts the power afterwards (`chaos/faults/power.py`).

Imported by Python itself before anything else: it imports nothing that eventlet would
have to patch.
"""

import os
import sys
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder


class Planter(MetaPathFinder):
    """Finds one module as Python would, and has its bug planted when it was run."""

    def __init__(self, bug: str, into: str) -> None:
        self.bug, self.into = bug.replace("-", "_"), into

    def find_spec(self, name, path, target=None):  # type: ignore[no-untyped-def]
        if name != self.into:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return spec
        run, bug = spec.loader.exec_module, self.bug

        def exec_module(module):  # type: ignore[no-untyped-def]
            run(module)
            import_module(bug).plant(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def note_syncs(notes: str) -> None:
    """Have every fsync that returned noted: inode, size before it, path."""
    sync = os.fsync

    def fsync(opened) -> None:  # type: ignore[no-untyped-def]
        handle = opened if isinstance(opened, int) else opened.fileno()
        before = os.fstat(handle)
        sync(handle)
        path = os.readlink(f"/proc/self/fd/{handle}")
        to = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(to, f"{before.st_ino} {before.st_size} {path}\n".encode())
        os.close(to)

    os.fsync = fsync  # type: ignore[assignment]


if "CHAOS_SYNCED" in os.environ:
    note_syncs(os.environ["CHAOS_SYNCED"])
if "CHAOS_BUG" in os.environ:
    sys.meta_path.insert(0, Planter(os.environ["CHAOS_BUG"], os.environ["CHAOS_INTO"]))
