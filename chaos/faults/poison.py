"""What nobody can read: planted into queues, and all that may be parked at the end."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from chassis import topology
from proto import ids
from proto.base import Envelope
from proto.field_visit import CollectorsArrived

#: Every poison bears it, so that what was put aside can be told from what was lost.
MARK = "chaos-poison"
#: Of each kind, in a run of any length.
OF_EACH = 2


@dataclass
class Poison:
    """Bytes for one queue. `event_id` is that of an envelope whose data is invalid."""

    at_s: float
    service: str
    queue: str
    mark: str
    body: bytes
    event_id: str | None = None
    #: Whether it is to be kept; an order with no sender is answered by nothing at all.
    kept: bool = True
    sent: bool = False

    @property
    def is_bytes(self) -> bool:
        """Tell whether nobody can read any of it, so that all of it is kept sealed."""
        return self.event_id is None and self.kept


def plan(seed: int, seconds: float) -> list[Poison]:
    """Return the poison of a run: bytes, JSON, an envelope, and an order."""
    luck = Random(f"{seed}/poison")
    return [
        each
        for number in range(OF_EACH)
        for each in some(luck, f"{MARK}-{seed}-{number}", luck.uniform(1, seconds * 0.8))
    ]


def some(luck: Random, mark: str, at_s: float) -> Iterator[Poison]:
    hearers = sorted(topology.HEARS)
    for kind in ("bytes", "json"):
        service, lane = luck.choice(hearers), luck.choice(topology.LANES)
        queue, own = topology.queue(service, lane), f"{mark}-{kind}"
        text = f"{{{own}" if kind == "bytes" else json.dumps({"says": own})
        yield Poison(at_s, service, queue, own, text.encode())
    yield envelope(at_s, f"{mark}-envelope")
    service = luck.choice(topology.SERVICES)
    own, queue = f"{mark}-order", topology.commands_queue(service)
    yield Poison(at_s, service, queue, own, f"{{{own}".encode())
    yield Poison(at_s, service, queue, f"{mark}-list", b"[]", kept=False)


def envelope(at_s: float, mark: str) -> Poison:
    """Return an arrival without a visit, of a subject that nothing else is about."""
    invalid = Envelope(
        source="doorstep/field_visit",
        type=CollectorsArrived.topic(),
        subject=f"{MARK}/{ids.new()}",
        time=datetime.now(UTC),
        by=MARK,
        trace=ids.new().hex,
        data={"says": mark},
    )
    body = invalid.model_dump_json().encode()
    queue = topology.queue("complaints")
    return Poison(at_s, "complaints", queue, mark, body, str(invalid.id))
