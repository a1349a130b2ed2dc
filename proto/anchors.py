"""What time it is, told to a phone, so that its own clock need not be believed.

A phone's wall clock may lie, its monotonic clock since boot hardly: with the moment that
it was told the time, and the milliseconds since then, every entry lies within bounds.
"""

from uuid import UUID

from proto import ids
from proto.base import Command, Moment, Reply

#: The version of an id (RFC 9562) by which a pack's anchor is known from the time alone.
OF_A_PACK = 5


def of_a_pack() -> UUID:
    """Return a fresh id for the anchor of a pack, which also tells what stands."""
    return ids.named("pack-anchor", str(ids.new()))


class TakeAnchor(Command):
    """What time is it? Asked by a phone, as often as it has a signal."""

    anchor_id: UUID
    device_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.device_id,)


class Anchor(Reply):
    """It was `at` when we answered; the phone notes when it asked and when it was told."""

    anchor_id: UUID
    device_id: UUID
    at: Moment
