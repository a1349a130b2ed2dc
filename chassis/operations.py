"""What a service does about a command: who may, what it locks, and the answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.errors import Forbidden
from chassis.shared import Shared
from chassis.unit import Unit
from proto.base import Command, Reply, Role

#: Raises Refused when whoever asks may not do this; asked again when an answer is replayed.
May = Callable[[Any, Unit], None]
#: Locks and reads all that these commands will need, in as few statements as it can.
Gather = Callable[[Shared, Sequence[Any]], None]


@dataclass(frozen=True)
class Operation:
    """One command of a service.

    With `gather` it is carried out in groups: its things are then locked together, and
    those that somebody else holds are skipped and asked for again alone.
    """

    kind: type[Command]
    handle: Callable[[Any, Unit], Reply]
    may: May
    gather: Gather | None = None

    @property
    def grouped(self) -> bool:
        return self.gather is not None


Operations = dict[str, Operation]


def only(*roles: Role) -> May:
    """Return the right of these roles, whatever the command is about."""

    def may(_: Command, unit: Unit) -> None:
        role = unit.asker.role if unit.asker else None
        if role not in roles:
            raise Forbidden("role-may-not", role=role.value if role else "?")

    return may
