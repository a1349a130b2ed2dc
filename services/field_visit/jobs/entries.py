"""Entries of journals as their phones hashed them, made again of what is kept.

A fact is kept parted: what is personal lies sealed beside it, or is gone. With the salt and
the hash of what it hid, what an entry said leads to its link all the same.
"""

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from proto.base import Moment
from proto.canonical import canonical
from proto.journal import linked
from proto.signing import hashed

MOMENT: TypeAdapter[Moment] = TypeAdapter(Moment)


def body_of(row: Row[Any]) -> str:
    """Return what an entry with a salt said, as its phone hashed it.

    Of a fact of which nothing is kept but its kind it is not that: see `fits`.
    """
    said = {
        "at": moment(row.at),
        "boot_id": row.boot_id and str(row.boot_id),
        "elapsed_ms": row.elapsed_ms,
        "fact": shown(row),
        "hides": row.hides,
        "salt": row.salt,
        "satellite_at": moment(row.satellite_at),
        "visit_id": row.visit_id and str(row.visit_id),
    }
    return canonical(without_nothing(said)).decode()


def fits(row: Row[Any], body: str) -> bool:
    """Tell whether this is what the entry's link was made of."""
    return hashed(linked(row.prev, row.seq, hashed(body.encode()))) == str(row.link)


def shown(row: Row[Any]) -> dict[str, Any]:
    """Return a fact without what it hides."""
    hides = {*(row.hides or ()), "sealed"}
    fact = {name: value for name, value in row.fact.items() if name not in hides}
    return fact | ({"hidden": row.hidden} if row.hidden else {})


def moment(at: Any) -> Any:
    return None if at is None else MOMENT.dump_python(at, mode="json")


def without_nothing(value: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is absent, as what is signed does."""
    return {
        name: without_nothing(each) if isinstance(each, dict) else each
        for name, each in value.items()
        if each is not None
    }
