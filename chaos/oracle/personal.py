"""Check 13: what was planted of people stands in no log, number, event, queue or row."""

from collections.abc import Iterator

from chaos.crews.invented import CORES
from chaos.remains.evidence import UNEXPECTED, Evidence, Violation

NAME = "nothing personal in the clear"
#: What must have been searched, or nothing was shown: a run has all of these.
SEARCHED = ("columns", "messages", "pages of numbers", "files")
#: Where the harness itself puts what nobody can read, before anybody can seal it.
OURS = "rabbitmq/"


def nothing_personal(evidence: Evidence) -> Iterator[Violation]:
    for kind in SEARCHED:
        if not evidence.searched.get(kind):
            yield Violation(NAME, UNEXPECTED, f"none of the {kind} were searched")
    for each in sorted(evidence.traces, key=lambda trace: trace.place):
        if each.word in CORES or not each.place.startswith(OURS):
            says = f"{each.word!r} stands in {each.place}, {each.form}"
            yield Violation(NAME, UNEXPECTED, says)
