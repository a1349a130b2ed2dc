"""Check 14: what goes out of the house arrives once, or is `unknown` and comes again as the
same thing under the same key.
"""

from collections import defaultdict
from collections.abc import Iterator

from chaos.remains.effects import DONE, UNKNOWN, Arrived, Wanted
from chaos.remains.evidence import DUPLICATED, LOST, UNEXPECTED, Evidence, Violation

NAME, ABOUT = "outside once or unknown", "seal_visit"


def outside_once(evidence: Evidence) -> Iterator[Violation]:
    arrived: dict[tuple[str, str], list[Arrived]] = defaultdict(list)
    for each in evidence.outside.arrived:
        arrived[each.effect, each.key].append(each)
    for one in evidence.outside.wanted:
        came = arrived.pop((one.effect, one.key), [])
        known = [each for each in came if each.at <= evidence.outside.looked_at]
        if len(known) > one.tries:
            says = f"came {len(known)} times in {one.tries} tries"
            yield wrong(DUPLICATED, f"{one.effect} {one.key[:80]} {says}")
        yield from judged(one, came, once=one.effect in evidence.outside.once)
    looked_at = evidence.outside.looked_at
    early = (name for name, came in arrived.items() if came[0].at <= looked_at)
    for effect, key in early:
        yield wrong(UNEXPECTED, f"{effect} of nothing that was wanted: {key[:80]}")


def judged(one: Wanted, came: list[Arrived], *, once: bool) -> Iterator[Violation]:
    what, taken = f"{one.effect} {one.key[:80]}", [each for each in came if each.taken]
    if one.state == DONE and not taken:
        yield wrong(LOST, f"{what} is said to have arrived, and never did")
    if one.state not in (DONE, UNKNOWN):
        yield wrong(LOST, f"{what} is still {one.state}")
    if any(each.content != one.content for each in came):
        yield wrong(UNEXPECTED, f"{what} arrived as something else under its key")
    if once and len(taken) > 1:
        yield wrong(DUPLICATED, f"{what} was taken {len(taken)} times")


def in_words(evidence: Evidence) -> Iterator[str]:
    """Say of each effect how much was wanted, came, and came again."""
    outside = evidence.outside
    for effect in sorted({each.effect for each in outside.wanted}):
        wanted = [each for each in outside.wanted if each.effect == effect]
        came = [each for each in outside.arrived if each.effect == effect]
        unknown = sum(each.state == UNKNOWN for each in wanted)
        silent = sum(not each.answered for each in came)
        yield (
            f"{effect}: {len(wanted)} wanted, {sum(each.tries for each in wanted)} tries, "
            f"{len(came)} came, {silent} of them without an answer, {unknown} unknown"
        )


def wrong(counts_as: str, says: str) -> Violation:
    return Violation(NAME, counts_as, says, ABOUT)
