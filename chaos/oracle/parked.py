"""Check 6: nothing waits and nothing is parked, but the poison that was planted."""

from collections.abc import Iterator

from chaos.faults.poison import Poison
from chaos.remains.evidence import LOST, UNEXPECTED, Evidence, Held, Violation

NAME = "nothing parked but poison"


def nothing_parked(evidence: Evidence) -> Iterator[Violation]:
    if evidence.left:
        says = f"{evidence.left} events or messages were still on their way"
        yield Violation(NAME, LOST, says)
    for says in evidence.stuck:
        yield Violation(NAME, UNEXPECTED, says)
    for each in evidence.held:
        if not each.parked or not any(is_of(poison, each) for poison in evidence.poison):
            state = "parked" if each.parked else "waiting"
            says = f"{each.topic} {each.id} is {state} at {each.service}: {each.error}"
            yield Violation(NAME, UNEXPECTED, says)
    for poison in evidence.poison:
        wanted = poison.sent and poison.kept
        if wanted and not any(is_of(poison, each) for each in evidence.held):
            yield Violation(NAME, LOST, f"{poison.mark} is nowhere")


def is_of(poison: Poison, each: Held) -> bool:
    """Tell whether a held-back row is this poison."""
    if each.service != poison.service:
        return False
    if poison.event_id:
        return each.id == poison.event_id
    return each.bytes_ == poison.body
