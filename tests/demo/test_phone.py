"""A phone keeps its key to itself, its journal whole, and signs what it says."""

import pytest

from chassis.signatures import verifies
from proto.facts import (
    Left,
    PersonMet,
    Relation,
)
from proto.journal import GENESIS
from proto.places import Position
from proto.signing import PublicKey, Signature, signed_bytes
from proto.workforce import enrolment

HERE = Position(latitude=31.2, longitude=121.4, accuracy_m=12)


@pytest.fixture
def noted(phone, ids, noon):
    """Return a phone with three entries."""
    one = phone()
    for relation in (Relation.PARENT, Relation.DEBTOR):
        one.note(ids("visit"), PersonMet(relation=relation), noon)
    one.note(ids("visit"), Left(), noon)
    return one


def test_its_files_are_for_our_eyes_only(noted, tmp_path):
    folder = tmp_path / "phones" / "one"

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {f.name: f.stat().st_mode & 0o777 for f in folder.iterdir()} == {
        "key.pem": 0o600,
        "journal.jsonl": 0o600,
    }


def test_its_key_stays_and_is_its_own(phone):
    assert phone().public_key == phone().public_key
    assert phone().public_key != phone("other").public_key


def test_it_proves_that_it_holds_its_key(phone, ids):
    body = phone().enrolment()
    key = PublicKey.model_validate(body["public_key"])
    signature = Signature.model_validate(body["signature"])

    assert verifies(key, signature, enrolment(ids("one"), key))
    assert not verifies(key, signature, enrolment(ids("other"), key))


def test_its_presence_is_signed_by_it_alone(phone, ids, noon):
    presence = phone().presence(ids("visit"), HERE, noon)
    content = signed_bytes(presence)

    assert verifies(phone().public_key, presence.signature, content)
    assert not verifies(phone("other").public_key, presence.signature, content)
    elsewhere = presence.model_copy(update={"visit_id": ids("another")})
    assert not verifies(phone().public_key, presence.signature, signed_bytes(elsewhere))


def test_its_journal_is_gapless_and_linked(noted):
    entries = noted.entries

    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [entry.prev for entry in entries] == [
        GENESIS,
        entries[0].link(),
        entries[1].link(),
    ]


def test_it_signs_the_head_of_what_nobody_confirmed(noted):
    noted.confirm(2)
    journal = noted.unconfirmed()

    assert [entry.seq for entry in journal.entries] == [3]
    assert verifies(noted.public_key, journal.signature, journal.head())
    noted.confirm(3)
    assert noted.unconfirmed() is None


def test_switched_off_and_on_it_goes_on_where_it_was(noted, phone, ids, noon):
    again = phone()
    again.note(ids("visit"), Left(), noon)

    assert again.entries[:3] == noted.entries
    assert (again.entries[3].seq, again.entries[3].prev) == (4, noted.entries[2].link())


def test_a_line_it_died_over_never_counted(noted, phone, tmp_path, ids, noon):
    file = tmp_path / "phones" / "one" / "journal.jsonl"
    file.write_bytes(file.read_bytes()[:-10])

    again = phone()
    again.note(ids("visit"), Left(), noon)

    assert [entry.seq for entry in again.entries] == [1, 2, 3]
    assert phone().entries == again.entries
