"""The gateway's database, also when it is not there."""

import pytest

from chassis.errors import Unavailable
from gateway.store import Database

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.mark.parametrize("way", ["transact", "directly"])
def test_whoever_cannot_connect_is_told_that_it_does_not_answer(way: str) -> None:
    database = Database(NOWHERE)

    with pytest.raises(Unavailable) as refused:
        getattr(database, way)(lambda connection: connection)

    assert refused.value.kind == "database-does-not-answer"
    database.close()
