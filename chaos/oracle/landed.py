"""Promise 3: facts are taken in while nobody can be asked, with a receipt that holds, and
are forwarded exactly once.
"""

from collections import Counter
from collections.abc import Iterator

from chaos.crews.ledger import Told, Try
from chaos.remains.evidence import DUPLICATED, LOST, UNEXPECTED, Evidence, Violation
from chaos.remains.landed import Landings, verified

NAME, JOURNAL, HELP, MEDIA, COMPLAINT = (
    "facts land once",
    *("record_journal", "summon_help", "receive_media", "file_complaint"),
)
#: What a receipt calls each, and by which member it names what it is about.
KINDS = {
    JOURNAL: ("journal", "visit_id"),
    HELP: ("help", "visit_id"),
    COMPLAINT: ("complaint", "complaint_id"),
}
#: Of the facts that were sent with a grant while there was no broker, gateway and database
#: being well, so many are taken at the first try; of fewer facts nothing is concluded.
SHARE, ENOUGH = 0.95, 20
#: Seconds a fact may take: the service is waited for, and then it is committed here.
LONG_S = 5.0


def facts_land_once(evidence: Evidence) -> Iterator[Violation]:
    yield from receipts_hold(evidence)
    yield from forwarded(evidence)
    yield from called(evidence)
    yield from help_first(evidence)
    yield from taken_in_time(evidence)


def receipts_hold(evidence: Evidence) -> Iterator[Violation]:
    """Every fact that was taken has a receipt over its body, by a published key."""
    keys = evidence.landed.keys
    for told in facts(evidence):
        one = told.operation
        for each in told.tries:
            if each.why == "other" or each.reply is None:
                continue
            if one.name == COMPLAINT and not each.landed:
                continue  # its service's answer is all that the desk needs
            said, (kind, about) = verified(each.receipt, keys), KINDS[one.name]
            wanted = (kind, one.about, one.sha256)
            if said is None or wanted != (said["kind"], said.get(about), said["sha256"]):
                yield wrong(LOST, f"the receipt of {one.name} {one.key} is none", one.name)
    for photo in evidence.sealed.pictures:
        said = verified(photo.receipt, keys)
        if said is None or (said["kind"], said["sha256"]) != ("media", photo.sha256):
            yield wrong(LOST, f"the receipt of photo {photo.media} is none", MEDIA)


def forwarded(evidence: Evidence) -> Iterator[Violation]:
    """What landed was handed on under its key, as it was sent, once; nothing waits."""
    receipts = {
        (row.key, row.principal, row.operation): row for row in evidence.landed.rows
    }
    heard = Counter(
        (row.key, row.principal, row.operation, row.digest) for row in evidence.answered
    )
    for told in facts(evidence):
        if not any(each.landed for each in told.tries):
            continue
        one = told.operation
        name = (one.key, one.principal, one.name)
        row = receipts.get(name)
        if row is None or row.digest != one.digest:
            yield wrong(LOST, f"{one.name} {one.key} landed, and is not kept so", one.name)
        count = heard[*name, one.digest]
        if count != 1:
            kind = DUPLICATED if count else LOST
            says = f"{one.name} {one.key} landed and was heard {count} times"
            yield wrong(kind, says, one.name)
    for each in evidence.landed.waiting:
        says = f"{each.operation} {each.key} is still {each.state}: {each.problem}"
        yield wrong(LOST, says, each.operation)


def called(evidence: Evidence) -> Iterator[Violation]:
    """Every call for help that was taken is known, once."""
    made = Counter(
        each.operation.about
        for each in evidence.told
        if each.operation.name == HELP and each.acknowledged
    )
    kept = Counter(each.visit for each in evidence.landed.helps)
    for visit in made.keys() | kept.keys():
        if made[visit] != kept[visit]:
            kind = LOST if kept[visit] < made[visit] else DUPLICATED
            says = f"{made[visit]} calls for help from {visit} are kept {kept[visit]} times"
            yield wrong(kind, says, HELP)


def help_first(evidence: Evidence) -> Iterator[Violation]:
    """A phone that comes back sends help before all that it wrote down."""
    for each in evidence.landed.basements:
        begun = [
            (told.tries[0].began, told.operation.name)
            for told in evidence.told
            if told.operation.about == each.visit and told.operation.name in KINDS
        ]
        first = min((one for one in begun if one[0] >= each.until), default=None)
        if each.help and (first is None or first[1] != HELP):
            yield wrong(UNEXPECTED, f"help from {each.visit} did not go first", HELP)


def taken_in_time(evidence: Evidence) -> Iterator[Violation]:
    tries = while_away(evidence)
    taken = sum(each.reply is not None for each in tries)
    if len(tries) >= ENOUGH and taken < SHARE * len(tries):
        says = f"{taken} of {len(tries)} facts were taken while there was no broker"
        yield wrong(UNEXPECTED, says, JOURNAL)


def while_away(evidence: Evidence) -> list[Try]:
    """Return the tries of facts that began while the broker alone was away."""
    landed = evidence.landed
    return [
        each
        for told in facts(evidence)
        for each in told.tries
        if each.granted and alone_away(landed, each.began)
    ]


def alone_away(landed: Landings, at: float) -> bool:
    without = any(a <= at < b for a, b in landed.away)
    return without and not any(a < at + LONG_S and at < b for a, b in landed.disturbed)


def facts(evidence: Evidence) -> list[Told]:
    return [each for each in evidence.told if each.operation.sha256]


def in_words(evidence: Evidence) -> Iterator[str]:
    """Say what was taken while there was no broker, and after which time."""
    tries = while_away(evidence)
    landed = sum(each.landed for told in facts(evidence) for each in told.tries)
    took = sorted(each.ended - each.began for each in tries if each.reply and each.ended)
    said = f"landed: {landed}; facts while the broker alone was away: {len(tries)}"
    if took:
        p50, p99 = took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.99))]
        said += f", taken {len(took) / len(tries):.1%}, p50 {p50:.2f} s, p99 {p99:.2f} s"
    yield said


def wrong(counts_as: str, says: str, about: str) -> Violation:
    return Violation(NAME, counts_as, says, about)
