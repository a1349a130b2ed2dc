"""A crew, before anything is done to the platform."""

from collections import deque
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from chaos.crews.crew import Crew
from chaos.crews.sorts import Planned
from doorstep.phone import Phone
from proto import ids
from tests.world import CLOCK, Door

NOW = datetime.fromisoformat(CLOCK)


class Away:
    """A platform whose database is away."""

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        raise ConnectionRefusedError(query)


def crew(visit: UUID, folder: Path) -> Crew:
    door: Any = object.__new__(Door)
    door.platform, door.nonces = Away(), {visit: ids.new()}
    phones = [Phone(folder / name, ids.new(), ids.new()) for name in ("a", "b")]
    door.pair = [SimpleNamespace(phone=phone) for phone in phones]
    nobody: Any = None
    return Crew(
        number=0,
        door=door,
        luck=nobody,
        visits=deque([Planned(visit, ids.new())]),
        spares=[],
        doomed=[],
        askers=nobody,
        boss=nobody,
        officer=nobody,
        desk=nobody,
        handsets=nobody,
    )


def test_a_visit_of_another_crew_is_tried_while_the_database_is_away(
    tmp_path: Path,
) -> None:
    ours, theirs = ids.new(), ids.new()
    one, other = crew(ours, tmp_path / "one"), crew(theirs, tmp_path / "other")
    phones = [each.phone for each in one.door.pair]
    with pytest.raises(ConnectionRefusedError):
        one.door.ticket(theirs, phones, NOW)

    one.meets(other)

    assert [each.visit_id for each in one.strangers] == [theirs]
    ticket = one.door.ticket(theirs, phones, NOW)
    assert ticket.nonce == other.door.nonces[theirs]
