"""Who may use a route. Every route has one of these; none is open by omission."""

from proto.base import Role

Roles = frozenset[Role]


class Open(frozenset[Role]):
    """Nobody needs to say who they are. An ordinary empty set lets nobody in."""


#: Compared by identity: named where it is meant, never a default or a left-over.
OPEN: Roles = Open()

#: Everybody with an account.
EVERYONE: Roles = frozenset(Role) - {Role.ANYONE}
COLLECTORS: Roles = frozenset({Role.FIELD_COLLECTOR})
SUPERVISORS: Roles = frozenset({Role.SUPERVISOR})
BANK: Roles = frozenset({Role.BANK_OFFICER})
DEVICE_KEEPERS: Roles = frozenset({Role.SUPERVISOR, Role.BANK_OFFICER})
VISIT_READERS: Roles = frozenset(
    {Role.FIELD_COLLECTOR, Role.SUPERVISOR, Role.BANK_OFFICER, Role.COMPLIANCE}
)
BANK_READERS: Roles = frozenset({Role.BANK_OFFICER, Role.COMPLIANCE})
COMPLIANCE: Roles = frozenset({Role.COMPLIANCE})
CASH_CARRIERS: Roles = frozenset({Role.FIELD_COLLECTOR, Role.SUPERVISOR})
COMPLAINTS_DESK: Roles = frozenset({Role.COMPLAINTS_OFFICER})
COMPLAINT_READERS: Roles = frozenset({Role.COMPLAINTS_OFFICER, Role.COMPLIANCE})
ADMINISTRATORS: Roles = frozenset({Role.ADMINISTRATOR})
#: Whoever watches the day; field collectors see their own visits elsewhere.
BOARD_READERS: Roles = frozenset({Role.SUPERVISOR, Role.BANK_OFFICER, Role.COMPLIANCE})
EVENT_READERS: Roles = BOARD_READERS | {Role.COMPLAINTS_OFFICER}
#: How plausible positions are: for whom it is about, their supervisor, and compliance.
SCORE_READERS: Roles = frozenset({Role.FIELD_COLLECTOR, Role.SUPERVISOR, Role.COMPLIANCE})
#: Whoever may hear of special circumstances: all who speak with people.
HEARERS: Roles = frozenset(
    {
        Role.SUPERVISOR,
        Role.PHONE_COLLECTOR,
        Role.BANK_OFFICER,
        Role.COMPLAINTS_OFFICER,
        Role.INTEGRATION,
    }
)
HELPERS: Roles = frozenset({Role.SUPERVISOR, Role.BANK_OFFICER})
#: Whoever sees to it that all of it runs. What they see tells of no case and no person.
OPERATORS: Roles = frozenset({Role.BANK_OFFICER, Role.COMPLIANCE, Role.ADMINISTRATOR})
