"""What every service class has: its one door for orders, its lines, and its pulse."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from chassis import database, groups, metrics
from chassis.entrypoints.doors import operations
from chassis.entrypoints.lines import EventLine
from chassis.entrypoints.orders import Orders
from chassis.entrypoints.pulse import Pulse
from chassis.errors import Unavailable
from chassis.operations import Operations
from proto.base import Answer, Command, Standing


class Service:
    """A service.

    `keeps` are the standings of others that it decides by, `rounds` the orders it gives
    itself every minute; `reads` is what it has to read once, before it says it is ready.
    """

    name: ClassVar[str]
    keeps: ClassVar[tuple[type[Standing], ...]] = ()
    rounds: ClassVar[tuple[type[Command], ...]] = ()
    reads: ClassVar[tuple[Callable[[], object], ...]] = ()
    urgent_line = EventLine("urgent")
    normal_line = EventLine("normal")
    pulse = Pulse()

    @Orders.decorator  # type: ignore[untyped-decorator]
    def carry_out(self, orders: Sequence[dict[str, Any]], waits: bool) -> list[Answer]:
        """Answer each order of a message, which may wait for what others hold or not."""
        metrics.GROUP_SIZE.labels(self.name).observe(len(orders))
        known = answered_by(self.name, type(self))
        with bulk_place(self.name, known, orders) as granted:
            if granted:
                its = database.of(self.name)
                given = groups.carry_out(its, self.name, known, orders, waits=waits)
            else:
                full = Unavailable("line-full", service=self.name).problem()
                given = [Answer(problem=full)] * len(orders)
        return given


#: Messages of bulk work that a service works on at once. The gateway sends no more either,
#: but it counts one that it has given up no longer, and there may be several gateways.
BULK = 2
_at_work: Counter[str] = Counter()


@contextmanager
def bulk_place(
    name: str, known: Operations, orders: Sequence[Mapping[str, Any]]
) -> Iterator[bool]:
    """Tell whether a message may be worked on now: bulk work leaves room for all else."""
    operations = (known.get(str(order.get("operation"))) for order in orders)
    if not any(each is not None and each.kind.bulk for each in operations):
        yield True
    elif _at_work[name] >= BULK:
        yield False
    else:
        _at_work[name] += 1
        try:
            yield True
        finally:
            _at_work[name] -= 1


_answered: dict[str, Operations] = {}


def answered_by(name: str, kind: type[Service]) -> Operations:
    """Return what a service answers, looked up once a process."""
    if name not in _answered:
        _answered[name] = operations(kind())
    return _answered[name]
