"""Search every table, the stream and what was put aside for what is left of a case."""

from uuid import UUID

from sqlalchemy import text

from chassis.database import engine
from chassis.keyring import Keyring
from chassis.settings import Settings
from doorstep.direct import reach
from doorstep.shredding import rows, stream
from doorstep.shredding.files import Left, left
from doorstep.shredding.traces import Search, Tally


def scan(case_id: UUID, words: list[str]) -> int:
    """Print what is left of a case; 1 when a field opens or a word stands in clear."""
    found, tables, messages, files = searched(reach(), case_id, words)
    total = Tally()
    print(f"{'place':<34} {'sealed':>7} {'openable':>9} {'clear words':>12}")
    for place, tally in sorted(found.places.items()):
        _line(place, tally)
        total.sealed += tally.sealed
        total.openable += tally.openable
        total.words += tally.words
    _line("everywhere", total)
    print(f"searched {tables} tables and {messages} messages of the stream")
    if not words:
        print("no words were given; clear words were not looked for")
    print(f"of {files.files} photos and recordings, {files.there} files are in the store")
    if files.shared:
        print(f"{files.shared} more came in for another case too, and stay for that")
    return 1 if total.openable or total.words or files.there else 0


def searched(
    settings: Settings, case_id: UUID, words: list[str]
) -> tuple[Search, int, int, Left]:
    """Search everything; return what was found, and how much was searched."""
    with engine(settings.database_url, "keyring", pool=0).connect() as connection:
        for limit in ("statement", "idle_in_transaction_session", "tcp_user"):
            connection.execute(text(f"SET {limit}_timeout = 0"))  # tables may be large
        found = Search(Keyring(connection), case_id, words)
        tables = rows.search(connection, found)
        messages = stream.search(settings, found)
    with engine(settings.database_url, "field_visit", pool=0).connect() as connection:
        files = left(connection, settings, case_id)
    return found, tables, messages, files


def _line(place: str, tally: Tally) -> None:
    print(f"{place:<34} {tally.sealed:>7} {tally.openable:>9} {tally.words:>12}")
