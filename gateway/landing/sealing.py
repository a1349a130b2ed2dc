"""What lies in a landed row, and how it is opened again."""

from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row

from chassis import keyring
from chassis.errors import Invalid, Unavailable
from chassis.keyring import Fetched, Keyring
from gateway.landing.item import Item
from proto.base import Command, Sealed
from proto.complaints import ComplainByBadge, FileComplaint
from proto.field_visit import RecordJournal, SummonHelp
from proto.media import ReceiveMedia

PURPOSE = "landed.command"
#: Which service each is for.
FOR: dict[type[Command], str] = {
    RecordJournal: "field_visit",
    SummonHelp: "field_visit",
    ReceiveMedia: "field_visit",
    FileComplaint: "complaints",
    ComplainByBadge: "complaints",
}
KINDS: dict[str, type[Command]] = {kind.operation(): kind for kind in FOR}


def sealed_by(key: Fetched, item: Item) -> str | None:
    """Return an item's command as it lies in its row; None when the key does not open."""
    try:
        box = keyring.sealed(key, PURPOSE, item.command.model_dump_json())
    except Unavailable:  # its master key has been turned since it was read
        return None
    return box.model_dump_json()


def opened(keys: Keyring, row: Row[Any]) -> Command:
    """Return the command of a landed row.

    Raises Unavailable when its key was erased, Invalid when it is of another version.
    """
    try:
        sealed = Sealed.model_validate(row.command)
    except ValidationError:
        raise Invalid("malformed") from None
    text = keys.open(sealed, row.case_id, PURPOSE)
    try:
        return KINDS[row.operation].model_validate_json(text)
    except (KeyError, ValidationError):
        raise Invalid("malformed") from None
