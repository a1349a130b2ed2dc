"""A keyring of its own for tests that commit to it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, text

from chassis.database import engine
from chassis.keyring import Keyring


@dataclass
class Emptied:
    """A keyring with nothing in it, neither before the test nor after it."""

    url: str
    its: Engine
    open: ExitStack

    def ring(self) -> Keyring:
        """A keyring on a connection of its own, as a transaction has it."""
        return Keyring(self.open.enter_context(self.its.connect()))


@pytest.fixture
def emptied(environment: None, database_url: str) -> Iterator[Emptied]:
    its = engine(database_url, "keyring", pool=20)
    empty(its)
    with ExitStack() as stack:
        yield Emptied(database_url, its, stack)
    empty(its)
    its.dispose()


def empty(its: Engine) -> None:
    with its.begin() as connection:
        connection.execute(text("TRUNCATE keyring.key, keyring.master, keyring.shredded"))
