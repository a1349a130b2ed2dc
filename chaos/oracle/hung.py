"""Check 16: after healing every part is there, answers, and gets on; none ended unasked."""

from collections.abc import Iterator

from chaos.remains.evidence import UNEXPECTED, Evidence, Part, Violation

NAME = "no process hung"
WELL = 200


def no_process_hung(evidence: Evidence) -> Iterator[Violation]:
    for part in evidence.parts:
        for says in wrongs(part):
            yield Violation(NAME, UNEXPECTED, f"{part.name} {says}")
    for says in evidence.ended_alone:
        yield Violation(NAME, UNEXPECTED, says)


def wrongs(part: Part) -> Iterator[str]:
    """Say what is wrong with a part; of one that is not there, only that."""
    if not part.alive:
        yield "is not there"
        return
    if part.live != WELL:
        yield f"says of its life {part.live or 'nothing'}"
    if part.ready != WELL:
        yield f"says of its readiness {part.ready or 'nothing'}"
    if not part.got_on:
        yield "does not get on"
    if part.stuck:
        yield f"has {part.stuck} threads that are stopped or wait for a disk"
    if part.waits:
        yield f"has {part.waits} transactions that do not end"
