"""Check 12: the log of all seals and every phone's chain are whole, and looks are kept."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator

from chaos.remains.evidence import DUPLICATED, LOST, UNEXPECTED, Evidence, Violation
from chaos.remains.sealed import Linked, Sealed
from evidence import merkle
from evidence.heads import before
from evidence.suites import SUITES, Suite
from proto.journal import GENESIS

NAME, ABOUT = "audit chain whole", "seal_visit"
#: What the looks of a crew and of whoever fetched a bundle are called on the record.
SHARP, BUNDLE = "sharp", "bundle"


def audit_chain_whole(evidence: Evidence) -> Iterator[Violation]:
    sealed, suite = evidence.sealed, SUITES[evidence.sealed.suite]
    yield from parts(sealed, suite)
    yield from leaves(sealed, suite)
    yield from heads(sealed, suite)
    yield from chains(sealed)
    yield from oddities(evidence)
    yield from looks(sealed)


def parts(sealed: Sealed, suite: Suite) -> Iterator[Violation]:
    """Each visit's parts follow each other, each names the one before, and is signed."""
    last: dict[str, str] = {}
    count: Counter[str] = Counter()
    for each in sorted(sealed.parts, key=lambda part: (part.visit, part.number)):
        count[each.visit] += 1
        says = json.loads(each.head)
        if each.number != count[each.visit] or says["part"] != each.number:
            yield wrong(DUPLICATED, f"part {each.number} of {each.visit} is not the next")
        if says["before"] != before(suite, last.get(each.visit)):
            yield wrong(LOST, f"part {each.number} of {each.visit} names another before")
        if not suite.verifies(sealed.anchor, each.head.encode(), each.signature):
            yield wrong(UNEXPECTED, f"part {each.number} of {each.visit} is not signed")
        last[each.visit] = each.head


def leaves(sealed: Sealed, suite: Suite) -> Iterator[Violation]:
    """Each seal is in the log exactly once, and nothing else is."""
    by_leaf = Counter(each.leaf for each in sealed.parts)
    for leaf, count in by_leaf.items():
        if count > 1:
            yield wrong(DUPLICATED, f"leaf {leaf} is of {count} seals")
    if set(by_leaf) != set(range(len(sealed.leaves))):
        yield wrong(LOST, f"{len(by_leaf)} seals are no {len(sealed.leaves)} leaves")
    for each in sealed.parts:
        mine = merkle.leaf_hash(suite, each.head.encode()).hex()
        if each.leaf < len(sealed.leaves) and sealed.leaves[each.leaf] != mine:
            yield wrong(LOST, f"leaf {each.leaf} is another than the seal of {each.visit}")


def heads(sealed: Sealed, suite: Suite) -> Iterator[Violation]:
    """Each head is signed, over the log as it was, and goes on from the one before."""
    node = tree(suite, sealed.leaves)
    sizes = sorted(sealed.heads, key=lambda head: (head.size, head.at))
    for each in sizes:
        if each.size > len(sealed.leaves):
            yield wrong(LOST, f"a head is over {each.size} of {len(sealed.leaves)} leaves")
            return
        root = merkle.root(suite, each.size, node).hex()
        says = json.loads(each.text)
        if not root == each.root == says["root"] or says["size"] != each.size:
            yield wrong(UNEXPECTED, f"the head over {each.size} has another root")
        if not suite.verifies(sealed.anchor, each.text.encode(), each.signature):
            yield wrong(UNEXPECTED, f"the head over {each.size} is not signed")
    for one, other in zip(sizes, sizes[1:], strict=False):
        proof = merkle.consistency(suite, one.size, other.size, node)
        old, new = ((each.size, bytes.fromhex(each.root)) for each in (one, other))
        if not merkle.consistent(suite, old, new, proof):
            yield wrong(UNEXPECTED, f"the head over {other.size} is not of {one.size} on")


def tree(suite: Suite, hashes: list[str]) -> merkle.Node:
    """Make the tree over these leaves, from nothing but them."""
    found: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        return found[level, index]

    for index, leaf in enumerate(hashes):
        for level, at, it in merkle.added(suite, index, bytes.fromhex(leaf), node):
            found[level, at] = it
    return node


def chains(sealed: Sealed) -> Iterator[Violation]:
    """Each phone's entries are numbered from 1, and each names the one before it."""
    phones: dict[str, list[Linked]] = defaultdict(list)
    for each in sealed.chain:
        phones[each.device].append(each)
    for device, entries in phones.items():
        entries.sort(key=lambda entry: entry.seq)
        link = GENESIS
        for seq, entry in enumerate(entries, 1):
            if (entry.seq, entry.prev) != (seq, link):
                yield wrong(LOST, f"the chain of {device} is torn at {seq}")
                break
            link = entry.link


def oddities(evidence: Evidence) -> Iterator[Violation]:
    """Two histories are found where there are two, and gaps where something was early."""
    sealed = evidence.sealed
    planted = set(sealed.forks)
    found = {(each.device, each.seq) for each in sealed.odd if each.kind == "fork"}
    for device, seq in sorted(planted - found):
        yield wrong(LOST, f"the second history of {device} at {seq} was not found out")
    for each in sealed.odd:
        excused = (each.device, each.seq) in planted or (
            each.kind == "gap" and each.device in sealed.hasty
        )
        if not excused:
            yield wrong(UNEXPECTED, f"{each.kind} at {each.seq} of {each.device}")


def looks(sealed: Sealed) -> Iterator[Violation]:
    """Whatever somebody was shown is on the record."""
    seen = [(*each, SHARP) for each in sealed.shown]
    seen += [(each.visit, "", BUNDLE) for each in sealed.bundles if each.entries]
    for visit, media, what in seen:
        if (visit, media, what) not in sealed.looks:
            yield wrong(LOST, f"a look at {what} {media} of {visit} is not on the record")


def wrong(counts_as: str, says: str) -> Violation:
    return Violation(NAME, counts_as, says, ABOUT)
