"""Check 15: nothing waits and nothing is parked, but the poison that was planted.

And what was held back meanwhile was tried again with growing delay.
"""

from collections.abc import Iterator

from chaos.faults.poison import Poison
from chaos.remains.evidence import LOST, UNEXPECTED, Evidence, Held, Violation

NAME = "nothing parked but poison"
#: What is promised of tries, in seconds; the harness says it once more, so that whoever
#: changes it in the product has to say so here.
AGAIN_FIRST_S, AGAIN_MOST_S = 0.1, 30.0
#: By how much we may have been late to look.
SLACK_S = 0.5


def nothing_parked(evidence: Evidence) -> Iterator[Violation]:
    for what, number in evidence.left.items():
        yield Violation(NAME, LOST, f"{number} {what}: still on their way")
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
    yield from patiently(evidence)


def patiently(evidence: Evidence) -> Iterator[Violation]:
    """What was held back was tried again, and not without a pause."""
    for tried in evidence.tried:
        least_s = soonest_s(tried.attempts)
        if tried.age_s + SLACK_S < least_s:
            says = (
                f"{tried.topic} {tried.id} was tried {tried.attempts} times at"
                f" {tried.service} in {tried.age_s:.1f} s, and not in {least_s:.1f} s"
            )
            yield Violation(NAME, UNEXPECTED, says, tried.topic)


def soonest_s(attempts: int) -> float:
    """Return after how many seconds at the least an event was tried so often.

    Twice as late each time (decision 0018): the first try is when it comes.
    """
    waits = [AGAIN_FIRST_S * 2.0**number for number in range(attempts - 1)]
    return sum(min(each, AGAIN_MOST_S) for each in waits)


def is_of(poison: Poison, each: Held) -> bool:
    """Tell whether a held-back row is this poison."""
    if each.service != poison.service:
        return False
    if poison.event_id:
        return each.id == poison.event_id
    return each.bytes_ == poison.body
