"""Erase the key of a case, and what else the case could be known by."""

import getpass
from uuid import UUID

from sqlalchemy import Connection

from chassis import legal_hold
from chassis.database import engine
from chassis.shredding import Reason, shred
from doorstep.direct import reach
from doorstep.errors import Misuse
from doorstep.shredding import files
from services.dispatch import store


def shred_case(case: str, reason: Reason) -> int:
    """Shred a case in one transaction, its files too; note who did it, when and why.

    Once more is harmless: what a worker did not come to the end of is asked for again.
    """
    by = f"desk:{getpass.getuser()}"
    with engine(reach().database_url, "dispatch", pool=0).begin() as connection:
        case_id = known(connection, case)
        refuse_held(connection, case_id)
        store.forget(connection, case_id)
        first = shred(connection, case_id, by, reason)
        count = files.erase(connection, case_id, by)
    print(f"case {case_id} is shredded" if first else f"case {case_id} was shredded before")
    print(f"{count} photos and recordings of its visits go with a worker's next jobs")
    print(f"see that nothing opens: doorstep shred scan {case_id}")
    print("reach old backups of the keyring too: doorstep keys rotate")
    return 0


def refuse_held(connection: Connection, case_id: UUID) -> None:
    """Raises Misuse while a legal hold stands on a case."""
    try:
        legal_hold.refuse_held(connection, case_id)
    except legal_hold.Held as held:
        raise Misuse(
            f"case {case_id} is under a legal hold ({held.values['reason']}) that "
            f"{held.values['by']} put on it {held.values['since']}; nothing of it is "
            "erased until compliance lifts it"
        ) from None


def known(connection: Connection, case: str) -> UUID:
    """Return the id of a case by its number or id. Raises Misuse when there is none."""
    try:
        wanted: UUID | None = UUID(case)
    except ValueError:
        wanted = store.named(connection, case)
    if wanted is None or not store.CASES.all(connection, [wanted]):
        raise Misuse(
            f"there is no case {case}; write its number as the bank did, or its id"
        )
    return wanted
