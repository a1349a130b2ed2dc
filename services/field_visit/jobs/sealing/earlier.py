"""What the earlier parts of a visit have: the lines that lie in the store."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from chassis.media import Store
from evidence.records import Writer
from evidence.suites import Suite
from services.field_visit.jobs.sealing.drafts import STATES, Draft, ref_of
from services.field_visit.model import Seal


@dataclass
class Earlier:
    """The parts that are sealed, what their records are about, how each state stood last,
    and how far each phone's journal is sealed.
    """

    seals: Sequence[Seal]
    refs: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    last: dict[UUID, int] = field(default_factory=dict)

    @classmethod
    def of(cls, seals: Sequence[Seal], store: Store) -> "Earlier":
        """Read what these seals have sealed. Raises OSError."""
        found = cls(seals)
        for line in lines(seals, store):
            said = json.loads(line)
            kind, body = said["kind"], said["body"]
            ref = ref_of(kind, body)
            found.refs.add(ref)
            if kind in STATES:
                found.states[kind] = ref
            if kind in ("entry", "link"):
                device = UUID(body["device"])
                found.last[device] = max(found.last.get(device, 0), body["seq"])
        return found

    def has(self, draft: Draft) -> bool:
        """Whether nothing new would be said: of a state, if that is how it stood last."""
        if draft.kind in STATES:
            return self.states.get(draft.kind) == draft.ref
        return draft.ref in self.refs

    @property
    def part(self) -> int:
        """The part that comes next."""
        return len(self.seals) + 1

    def writer(self, suite: Suite) -> Writer:
        """Return a writer that goes on behind them."""
        if not self.seals:
            return Writer(suite)
        return Writer(suite, self.seals[-1].count, self.seals[-1].last)


def lines(seals: Sequence[Seal], store: Store) -> Iterator[bytes]:
    for seal in seals:
        with store.open(seal.records) as file:
            yield from file
