"""Check 11: each sealed bundle verifies, has in it what was acknowledged, and no mutation
of it verifies.
"""

from collections.abc import Iterator

from chaos.oracle.acknowledged import acknowledged_through, decision_of
from chaos.remains.evidence import LOST, UNEXPECTED, Evidence, Violation
from chaos.remains.sealed import Bundle
from evidence.verifying import FAILED, VERIFIED

NAME, ABOUT = "each bundle verifies", "seal_visit"
#: What a first seal waits for, by the names of what it lacks.
MISSING = {"file_missing", "file_not_inspected"}


def each_bundle_verifies(evidence: Evidence) -> Iterator[Violation]:
    yield from all_are_sealed(evidence)
    yield from none_too_early(evidence)
    for bundle in evidence.sealed.bundles:
        if bundle.grade != VERIFIED:
            yield wrong(LOST, f"the bundle of {bundle.visit} is {bundle.grade}")
            continue
        for name, grade in bundle.mutations:
            if grade != FAILED:
                says = f"the bundle of {bundle.visit} is {grade} with {name}"
                yield wrong(UNEXPECTED, says)
        yield from complete(evidence, bundle)


def all_are_sealed(evidence: Evidence) -> Iterator[Violation]:
    """Whatever both have left, or whose time was up, has a seal."""
    sealed = {each.visit for each in evidence.sealed.parts}
    for visit in sorted(evidence.sealed.due - sealed):
        yield wrong(LOST, f"the visit {visit} is over and was not sealed")


def none_too_early(evidence: Evidence) -> Iterator[Violation]:
    """No first part lacks a photo that was still to come, unless its time was up."""
    waited = {each.visit for each in evidence.sealed.pictures} - evidence.sealed.overdue
    for part in evidence.sealed.parts:
        if part.number == 1 and part.visit in waited and MISSING & set(part.lacks):
            says = f"{part.visit} was sealed before its photo had come and was looked at"
            yield wrong(UNEXPECTED, says)


def complete(evidence: Evidence, bundle: Bundle) -> Iterator[Violation]:
    """Every acknowledged entry, decision, call for help and photo of the visit is in it."""
    through = acknowledged_through(evidence)
    for each in evidence.written:
        if each.visit != bundle.visit or each.seq > through.get(each.device, 0):
            continue
        if bundle.entries.get((each.device, each.seq)) != each.link:
            says = f"entry {each.seq} of {each.device} is not in the bundle of its visit"
            yield wrong(LOST, says)
    for thing in sorted(named(evidence, bundle.visit) - bundle.named):
        yield wrong(LOST, f"{thing} is not in the bundle of {bundle.visit}")
    for photo in evidence.sealed.pictures:
        if photo.visit == bundle.visit and photo.sha256 not in bundle.files:
            yield wrong(LOST, f"the photo {photo.media} is not in the bundle of its visit")


def named(evidence: Evidence, visit: str) -> set[str]:
    """Return the ids of what was acknowledged of a visit and has one."""
    mine = [each for each in evidence.told if each.operation.about == visit]
    decisions = {str(found["decision_id"]) for each in mine if (found := decision_of(each))}
    helps = {each.id for each in evidence.landed.helps if each.visit == visit}
    return decisions | helps


def in_words(evidence: Evidence) -> Iterator[str]:
    """Say how many seals there are, and how many bundles and mutations were tried."""
    sealed = evidence.sealed
    tried = [grade for each in sealed.bundles for _, grade in each.mutations]
    visits = {each.visit for each in sealed.parts}
    yield (
        f"seals: {len(sealed.parts)} of {len(visits)} visits,"
        f" {len(sealed.overdue)} of them overdue, {len(sealed.heads)} heads of the log;"
        f" bundles: {len(sealed.bundles)}, {tried.count(FAILED)} of {len(tried)} mutations"
        f" failed; looks on the record: {len(sealed.looks)}; forks: {len(sealed.forks)}"
    )


def wrong(counts_as: str, says: str) -> Violation:
    return Violation(NAME, counts_as, says, ABOUT)
