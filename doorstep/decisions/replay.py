"""Judge a decision's facts again, and hold the answer against the one that was kept."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import rulebook
from doorstep.decisions.record import Record
from proto.canonical import canonical

#: Of a decision what is of the moment it was given in, and no judge's.
OF_THE_MOMENT = ("decision_id", "decided_at", "good_until")


@dataclass(frozen=True)
class Difference:
    """The first place where two answers part (RFC 6901), and what stands there."""

    pointer: str
    kept: str
    now: str


@dataclass(frozen=True)
class Again:
    """What came of judging once more.

    `content` is the verdict as it was kept, in canonical JSON. `hash_now` is that of the
    books of this code, nothing when the facts are of a kind it does not know: `wrong`.
    """

    content: bytes
    hash_kept: str
    hash_now: str | None = None
    difference: Difference | None = None
    wrong: str | None = None

    @property
    def same(self) -> bool:
        return self.difference is None and self.wrong is None

    @property
    def other_books(self) -> bool:
        return self.hash_now is not None and self.hash_now != self.hash_kept

    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def replay(record: Record) -> Again:
    """Judge the facts of a record by its books, as of its day."""
    decision = record.decision
    kept = {name: v for name, v in record.kept.items() if name not in OF_THE_MOMENT}
    content = canonical(kept)
    try:
        facts = rulebook.facts_from_json(decision.act, record.facts)
    except ValueError as wrong:
        return Again(content, decision.books_hash, wrong=str(wrong).splitlines()[0])
    verdict = rulebook.judge(decision.act, facts, decision.books, decision.on)
    now = json.loads(verdict.model_dump_json())
    return Again(
        content=content,
        hash_kept=decision.books_hash,
        hash_now=verdict.books_hash,
        difference=None if canonical(now) == content else first_of(kept, now),
    )


def first_of(kept: Any, now: Any) -> Difference:
    """Return the first difference of two values that are not the same."""
    return next(differences("", kept, now))


def differences(pointer: str, kept: Any, now: Any) -> Iterator[Difference]:
    """Yield where two JSON values part, members in the order of their names."""
    if isinstance(kept, Mapping) and isinstance(now, Mapping):
        for name in sorted(kept.keys() | now.keys()):
            yield from differences(
                f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}",
                kept.get(name, ABSENT),
                now.get(name, ABSENT),
            )
    elif isinstance(kept, list) and isinstance(now, list):
        for index in range(max(len(kept), len(now))):
            each = (side[index] if index < len(side) else ABSENT for side in (kept, now))
            yield from differences(f"{pointer}/{index}", *each)
    elif written(kept) != written(now):
        yield Difference(pointer or "/", written(kept), written(now))


class Absent:
    """What stands where nothing does."""


ABSENT = Absent()


def written(value: Any) -> str:
    """Return a value in canonical JSON, a dash for nothing."""
    return "-" if value is ABSENT else canonical(value).decode()
