"""Phones of our own make."""

from datetime import UTC, datetime
from uuid import NAMESPACE_OID, uuid5

import pytest

from doorstep.phone import Phone


@pytest.fixture
def ids():
    """Return the same id for the same name."""
    return lambda name: uuid5(NAMESPACE_OID, name)


@pytest.fixture
def noon():
    return datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def phone(tmp_path, ids):
    """Return a phone by name; the same name twice is the same phone, switched on again."""

    def on(name="one"):
        return Phone(tmp_path / "phones" / name, ids(name), ids(f"holder of {name}"))

    return on
