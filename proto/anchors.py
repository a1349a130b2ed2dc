"""What time it is, told to a phone, so that its own clock need not be believed.

A phone's wall clock may lie, its monotonic clock since boot hardly: with the moment that
it was told the time, and the milliseconds since then, every entry lies within bounds.
"""

from uuid import UUID

from proto.base import Command, Moment, Reply


class TakeAnchor(Command):
    """What time is it? Asked by a phone, as often as it has a signal."""

    anchor_id: UUID
    device_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.device_id,)


class AnchorPack(Command):
    """What time is it, for the pack that this phone is about to be given?

    Asked by the gateway: who was given a pack was also told what stands.
    """

    anchor_id: UUID
    device_id: UUID

    def locks(self) -> tuple[UUID, ...]:
        return (self.device_id,)


class Anchor(Reply):
    """It was `at` when we answered; the phone notes when it asked and when it was told."""

    anchor_id: UUID
    device_id: UUID
    at: Moment
