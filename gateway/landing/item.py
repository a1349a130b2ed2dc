"""What can be landed, and by whom it is taken in."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from chassis.keyring import Fetched
from gateway.store import Driver
from proto.base import Asker, Command
from proto.grants import ComplaintReceipt, Landed, LandingReceipt, VisitGrant


@dataclass(frozen=True)
class Item:
    """A fact for field_visit, or a complaint, on behalf of `asker`.

    `key` is the idempotency key that the service is asked under; the body is sealed under
    the key of `case_id`, which of a complaint is one of its own. `by_another`: whose
    account calls for help on a phone that is not its own; such calls have a line of their
    own.
    """

    key: UUID
    command: Command
    asker: Asker
    case_id: UUID
    receipt: LandingReceipt | ComplaintReceipt
    by_another: UUID | None = None

    @property
    def visit_id(self) -> UUID | None:
        return None if isinstance(self.receipt, ComplaintReceipt) else self.receipt.visit_id

    @property
    def device_id(self) -> UUID | None:
        """Return whose phone's line it is in: a complaint came from no phone of ours."""
        receipt = self.receipt
        return None if isinstance(receipt, ComplaintReceipt) else receipt.device_id


class Landings(Protocol):
    """Where facts land: `gateway.landing.taking.Landing`, or a stand-in in tests."""

    def read_grant(self, header: str, asker: Asker, visit_id: UUID) -> VisitGrant:
        """Return the grant in a `Visit-Grant` header, when it is for this collector.

        Raises Unauthenticated when it is not ours or no longer good, Forbidden when it is
        another visit's or another pair's.
        """

    def land(self, connection: Connection, item: Item) -> Landed:
        """Store an item in the caller's transaction; the same key gives the same answer.

        Raises Invalid when the key was used for something else.
        """

    def land_at_once(self, connection: Driver, item: Item, key: Fetched) -> Landed | None:
        """Store an item in the caller's transaction if nothing speaks against it.

        `key` is that of its case as it lay in the keyring when the caller looked. None:
        nothing is stored, and `land` says why.
        """

    def wake_for_media(self) -> None:
        """Hand on a file that has landed, with those that come within a moment."""
