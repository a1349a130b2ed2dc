"""Sealed fields."""

import stat

import pytest
from sqlalchemy import delete

from chassis import masters
from chassis.database import engine
from chassis.errors import Unavailable
from chassis.keyring import Keyring, key_table
from chassis.settings import settings
from proto import ids

WHO = ids.new()


@pytest.fixture
def ring(environment: None, database_url: str):
    with engine(database_url, "keyring", pool=0).connect() as connection:
        yield Keyring(connection)
        connection.rollback()


def test_what_is_sealed_opens_again_and_hides_its_words(ring: Keyring) -> None:
    sealed = ring.seal(WHO, "person.name", "陈建国")

    assert "陈" not in sealed.model_dump_json()
    assert Keyring(ring.connection).open(sealed, WHO, "person.name") == "陈建国"


def test_a_name_does_not_open_as_an_address(ring: Keyring) -> None:
    sealed = ring.seal(WHO, "person.name", "陈建国")

    with pytest.raises(Unavailable, match="sealed-field-lost"):
        ring.open(sealed, WHO, "case.address")


def test_erasing_a_key_shreds_what_was_sealed_under_it(ring: Keyring) -> None:
    sealed = ring.seal(WHO, "person.name", "陈建国")
    ring.connection.execute(delete(key_table).where(key_table.c.key_id == WHO))

    with pytest.raises(Unavailable, match="sealed-field-lost"):
        Keyring(ring.connection).open(sealed, WHO, "person.name")


def test_another_master_key_opens_nothing(ring: Keyring) -> None:
    sealed = ring.seal(WHO, "person.name", "陈建国")
    (settings().keys / "master.key").unlink()
    masters.seen.cache_clear()

    with pytest.raises(Unavailable, match="master-key-does-not-fit"):
        Keyring(ring.connection).open(sealed, WHO, "person.name")


def test_the_master_key_is_for_our_eyes_only(ring: Keyring) -> None:
    ring.seal(WHO, "person.name", "陈建国")

    mode = (settings().keys / "master.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_what_was_sealed_for_another_case_does_not_open_in_this_one(ring: Keyring) -> None:
    sealed = ring.seal(ids.new(), "visit.place", "another door")
    ring.make([WHO])

    with pytest.raises(Unavailable, match="sealed-field-lost"):
        ring.open(sealed, WHO, "visit.place")


def test_a_master_key_that_others_can_read_is_refused(ring: Keyring) -> None:
    ring.seal(WHO, "person.name", "陈建国")
    (settings().keys / "master.key").chmod(0o644)
    masters.seen.cache_clear()

    with pytest.raises(RuntimeError, match="chmod 600"):
        ring.seal(ids.new(), "person.name", "陈建国")


def test_production_never_makes_a_master_key_of_its_own(
    ring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOORSTEP_ENVIRONMENT", "production")
    for name in ("DATABASE_URL", "AMQP_URI"):
        monkeypatch.setenv(name, "scheme://doorstep:not-the-usual-one@127.0.0.1/doorstep")
    for name in ("NAME", "HOTLINE", "COMPLAINTS"):
        monkeypatch.setenv(f"DOORSTEP_BANK_{name}", "400-000-0001")
    settings.cache_clear()

    with pytest.raises(RuntimeError, match="no master key"):
        ring.seal(ids.new(), "person.name", "陈建国")
