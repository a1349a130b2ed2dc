"""Who may use a route. Every route has one of these; none is open by omission."""

from proto.base import Role

Roles = frozenset[Role]


class Open(frozenset[Role]):
    """Nobody needs to say who they are. An ordinary empty set lets nobody in."""


#: Compared by identity: named where it is meant, never a default or a left-over.
OPEN: Roles = Open()

EVERYONE: Roles = frozenset(Role)
COLLECTORS: Roles = frozenset({Role.FIELD_COLLECTOR})
SUPERVISORS: Roles = frozenset({Role.SUPERVISOR})
BANK: Roles = frozenset({Role.BANK_OFFICER})
DEVICE_KEEPERS: Roles = frozenset({Role.SUPERVISOR, Role.BANK_OFFICER})
VISIT_READERS: Roles = frozenset(
    {Role.FIELD_COLLECTOR, Role.SUPERVISOR, Role.BANK_OFFICER, Role.COMPLIANCE}
)
ADMINISTRATORS: Roles = frozenset({Role.ADMINISTRATOR})
