"""Commands that carry rows: all of them or none, and each bad row named."""

from collections.abc import Container, Sequence
from uuid import UUID

from chassis.errors import Invalid
from proto.base import Detail


def refuse_twins(pointer: str, ids: Sequence[UUID]) -> None:
    """Refuse rows that name one thing twice. Raises Invalid naming the second ones."""
    first: dict[UUID, int] = {}
    refuse(
        [
            Detail(
                pointer=f"{pointer}/{row}",
                kind="duplicate-in-file",
                values={"row": first[key]},
            )
            for row, key in enumerate(ids)
            if first.setdefault(key, row) != row
        ]
    )


def refuse_unknown(
    pointer: str, kind: str, wanted: Sequence[UUID], known: Container[UUID]
) -> None:
    """Refuse rows that name what we do not know. `pointer` has a `{}` for the row.

    Raises Invalid naming each.
    """
    refuse(
        [
            Detail(pointer=pointer.format(row), kind=kind)
            for row, key in enumerate(wanted)
            if key not in known
        ]
    )


def refuse(details: Sequence[Detail]) -> None:
    """Raise Invalid when there is anything wrong."""
    if details:
        raise Invalid("malformed", *details)
