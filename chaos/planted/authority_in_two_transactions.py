"""The bank's leave to take cash is looked at in one transaction, and used up in another.

Whoever looks in between finds it unused: nobody holds its row meanwhile.
"""

import time
from threading import Thread
from types import ModuleType
from typing import Any

#: Seconds between the two.
BETWEEN_S = 0.5


def plant(leaves: ModuleType) -> None:
    honest = leaves.use

    def use(leave: Any, visit: Any, what: str, until: Any, unit: Any) -> None:
        if leave.kind != "cash":
            honest(leave, visit, what, until, unit)
            return
        me, now = unit.asker and unit.asker.person_id, unit.now
        table, engine = leaves.leave_table, unit.connection.engine
        used = {
            "used_by": visit.id,
            "used_person": me,
            "used_for": what,
            "used_from": now,
            "used_until": until,
        }

        def afterwards() -> None:
            time.sleep(BETWEEN_S)
            with engine.begin() as connection:
                connection.execute(
                    table.update().where(table.c.id == leave.id).values(used)
                )

        Thread(target=afterwards, daemon=True).start()

    leaves.use = use  # type: ignore[attr-defined]
