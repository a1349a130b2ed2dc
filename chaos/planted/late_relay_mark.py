"""What is marked as published is what waits once the broker has confirmed.

As if somebody had spared a list of ids: whatever was committed between reading a batch
and marking it has then been published by nobody.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, LiteralString

WHERE = "field_visit"
MARK: LiteralString = (
    "UPDATE field_visit.outbox SET published_at = %s WHERE published_at IS NULL"
    " AND NOT urgent AND due_at IS NULL"
)


def plant(outboxes: ModuleType) -> None:
    honest = outboxes.Outboxes.mark

    async def mark(self: Any, batches: Sequence[Any]) -> None:
        await honest(self, batches)
        if any(each.events for each in batches if each.service == WHERE):
            await self.database.execute(MARK, [outboxes.clock.now()])

    outboxes.Outboxes.mark = mark
