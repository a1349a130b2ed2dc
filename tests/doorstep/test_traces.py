"""What is left of a case in stored text and bytes, wherever it may lie."""

import base64
import json

import pytest
from sqlalchemy import text

from chassis.database import engine
from chassis.errors import Unavailable
from chassis.keyring import Keyring, key_table
from doorstep.shredding import rows
from doorstep.shredding.traces import Search, Tally, sealed_in
from proto import ids
from proto.base import Sealed

NAME, CASE = "欧阳静远", ids.new()


@pytest.fixture
def ring(environment: None, database_url: str):
    with engine(database_url, "keyring", pool=0).connect() as connection:
        yield Keyring(connection)
        connection.rollback()


@pytest.fixture
def sealed(ring: Keyring) -> Sealed:
    return ring.seal(CASE, "case.debtor", NAME)


def quoted(value: object) -> str:
    return json.dumps(json.dumps(value))


def test_a_sealed_value_is_found_however_deep_it_is_quoted(sealed: Sealed) -> None:
    once = sealed.model_dump(mode="json")
    held_back = {"envelope": {"data": [once, {"note": "no {braces} here"}]}}

    for content in (once, held_back, json.dumps(held_back), quoted(held_back)):
        assert list(sealed_in(json.dumps(content))) == [sealed]
    assert list(sealed_in('{"key_id": "x"} {"purpose": ')) == []


@pytest.mark.parametrize(
    "content",
    [
        NAME.encode(),
        NAME.encode("gb18030"),
        json.dumps({"name": NAME}).encode(),
        b"x" + base64.b64encode(f"a{NAME}bc".encode()),
        base64.b64encode(f"ab{NAME}".encode()),
        base64.b64encode(NAME.encode()),
    ],
)
def test_a_word_in_clear_is_found_however_it_is_written(
    ring: Keyring, content: bytes
) -> None:
    search = Search(ring, CASE, [NAME])

    search.look("here", content)

    assert search.places == {"here": Tally(words=1)}


def test_what_is_another_cases_or_spoilt_does_not_open(
    ring: Keyring, sealed: Sealed
) -> None:
    search = Search(ring, CASE, [NAME])
    other = ring.seal(ids.new(), "case.debtor", NAME)
    spoilt = [
        sealed.model_copy(update={"nonce": "AA"}),
        sealed.model_copy(update={"box": "?"}),
    ]

    search.look("other", other.model_dump_json().encode())
    for each in spoilt:
        search.look("spoilt", each.model_dump_json().encode())

    assert search.places == {"spoilt": Tally(sealed=2)}


def test_a_missing_master_key_is_no_proof(ring: Keyring, sealed: Sealed) -> None:
    row = key_table.update().where(key_table.c.key_id == CASE)
    ring.connection.execute(row.values(wrapped=b"x" * 60))
    search = Search(Keyring(ring.connection), CASE, [])

    with pytest.raises(Unavailable, match="master-key-does-not-fit"):
        search.look("here", sealed.model_dump_json().encode())


def test_every_column_of_every_table_is_searched(ring: Keyring, sealed: Sealed) -> None:
    """Also of one that nobody told the scan of, as JSON, text, array or bytes."""
    connection = ring.connection
    connection.execute(text("CREATE SCHEMA elsewhere"))
    connection.execute(
        text(
            'CREATE TABLE elsewhere."Held back"'
            " (id int, envelope jsonb, raw bytea, notes text[], nothing text)"
        )
    )
    one = sealed.model_dump_json()
    row = {"envelope": one, "raw": one.encode(), "notes": ["none", f"met {NAME}"]}
    connection.execute(
        text('INSERT INTO elsewhere."Held back" VALUES (1, :envelope, :raw, :notes)'), row
    )
    search = Search(ring, CASE, [NAME])

    tables = rows.search(connection, search)

    assert search.places == {"elsewhere.Held back": Tally(2, 2, 1)}
    query = "SELECT count(*) FROM pg_stat_user_tables"
    assert tables == connection.scalar(text(query))
