"""What the person at the desk reads: each complaint on a line, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from doorstep.catalogue import say
from doorstep.importing.sending import Sent
from doorstep.importing.table import Complaint, Sheet

SHOWN = 20


@dataclass(frozen=True)
class Telling:
    """Writes in one language to one place."""

    language: str
    out: TextIO

    def say(self, key: str, **values: object) -> None:
        print(say(self.language, f"import.{key}", **values), file=self.out, flush=True)

    def read(self, sheet: Sheet, encoding: str) -> None:
        self.say("read", file=sheet.file, encoding=encoding, rows=len(sheet.rows))

    def sent(self, sent: Sent) -> None:
        self.say("sent", **vars(sent))

    def complain(self, complaints: Sequence[Complaint]) -> None:
        """Print the first complaints, and how many there are."""
        for complaint in complaints[:SHOWN]:
            print(self.sentence(complaint), file=self.out)
        if (left := len(complaints) - SHOWN) > 0:
            self.say("more", left=left)
        self.say("count", count=len(complaints))

    def sentence(self, complaint: Complaint) -> str:
        """Return where, what was written there, what is wrong and what to do."""
        says = complaint.says or say(
            self.language, f"wrong.{complaint.kind}", **complaint.values
        )
        where = complaint.file if complaint.line is None else _place(complaint)
        value = f"“{complaint.value}”" if complaint.value else ""
        about = " ".join(part for part in (where, complaint.title, value) if part)
        return f"{about} — {says}"


def _place(complaint: Complaint) -> str:
    return f"{complaint.file}:{complaint.line}"
