"""What every service class has: its one door for orders, its lines, and its pulse."""

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic_core import to_jsonable_python

from chassis import database, groups, metrics
from chassis.entrypoints.consumers import Orders
from chassis.entrypoints.doors import operations
from chassis.entrypoints.lines import EventLine
from chassis.entrypoints.pulse import Pulse
from chassis.operations import Operations
from proto.base import Standing


class Service:
    """A service. `keeps` are the standings of others that it decides by."""

    name: ClassVar[str]
    keeps: ClassVar[tuple[type[Standing], ...]] = ()
    urgent_line = EventLine("urgent")
    normal_line = EventLine("normal")
    pulse = Pulse()

    @Orders.decorator  # type: ignore[untyped-decorator]
    def carry_out(
        self, orders: Sequence[dict[str, Any]], waits: bool
    ) -> list[dict[str, Any]]:
        """Answer each order of a message, which may wait for what others hold or not."""
        metrics.GROUP_SIZE.labels(self.name).observe(len(orders))
        known = answered_by(self.name, type(self))
        its = database.of(self.name)
        given = groups.carry_out(its, self.name, known, orders, waits=waits)
        return [to_jsonable_python(each) for each in given]


_answered: dict[str, Operations] = {}


def answered_by(name: str, kind: type[Service]) -> Operations:
    """Return what a service answers, looked up once a process."""
    if name not in _answered:
        _answered[name] = operations(kind())
    return _answered[name]
