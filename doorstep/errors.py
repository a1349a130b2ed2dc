"""What can go wrong with the command; its message is what the person at the desk reads.

DoorstepError
├── Misuse      the command was called in a way it cannot follow
├── Missing     a program of the system is not here
├── Busy        another `doorstep` command is at work in the same folder
├── CannotPair  a code that was scanned is not the partner's for this visit
└── NotStarted  a part ended, or was not ready in time
"""

from pathlib import Path


class DoorstepError(Exception):
    """One sentence saying what is wrong, and what to do about it."""


class Misuse(DoorstepError):
    """The command was called in a way it cannot follow."""


class Missing(DoorstepError):
    """A program of the system is not here."""


class Busy(DoorstepError):
    """Another `doorstep` command is at work in the same folder."""


class CannotPair(DoorstepError):
    """The code that was scanned is not the partner's for this visit."""


class NotStarted(DoorstepError):
    """A part ended, or was not ready in time; `log` says why in its own words."""

    def __init__(self, part: str, why: str, log: Path) -> None:
        super().__init__(f"{part} {why}; its last lines ({log}) are above")
        self.log = log

    def last_lines(self, count: int = 20) -> str:
        """Return the end of the part's log."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return "\n".join(lines[-count:])
