"""Taking in: an item is stored with its receipt, durably, before anybody is answered."""

import asyncio
from contextlib import suppress
from uuid import UUID

from sqlalchemy import Connection

from chassis import answers, clock
from chassis.errors import Invalid, Unavailable
from chassis.keyring import Fetched, Keyring
from chassis.settings import Settings
from gateway.landing import at_once, rows
from gateway.landing.grants import Grants
from gateway.landing.handing import HandOver
from gateway.landing.item import Item
from gateway.landing.rows import Line
from gateway.landing.sealing import PURPOSE
from gateway.landing.signing import PACK, RECEIPT, Signer
from gateway.parts import Services
from gateway.store import Database, Driver
from proto import pack
from proto.base import Asker, Command
from proto.grants import ComplaintReceipt, Landed, LandingReceipt, VisitGrant

#: Seconds that whoever asks may wait for what landed before.
AT_ONCE_S = 0.5


class Landing:
    """What a gateway takes in alone, and hands on when it can."""

    def __init__(self, settings: Settings, database: Database, services: Services) -> None:
        self.grants = Grants(settings)
        self.tickets = Signer(settings, PACK, "pairing-ticket")
        self.packs = Signer(settings, PACK, pack.KIND)
        self.receipts = Signer(settings, RECEIPT, "landing-receipt")
        self.hand_over = HandOver(database, services)
        #: Phones of whose journals something may wait; None: nobody has looked yet.
        self.phones: set[UUID] | None = None

    def read_grant(self, header: str, asker: Asker, visit_id: UUID) -> VisitGrant:
        """Return the grant in a `Visit-Grant` header, when it is for this collector.

        Raises Unauthenticated when it is not ours or no longer good, Forbidden when it is
        another visit's or another pair's.
        """
        return self.grants.read(header, asker, visit_id)

    def receipt(self, receipt: LandingReceipt | ComplaintReceipt) -> str:
        """Return a receipt, signed."""
        return self.receipts.sign(receipt)

    def land(self, connection: Connection, item: Item) -> Landed:
        """Store an item of a visit, as `keep` does."""
        receipt = self.keep(connection, item)
        assert item.visit_id, "a complaint is kept, and is of no visit"
        return Landed(visit_id=item.visit_id, receipt=receipt)

    def keep(self, connection: Connection, item: Item) -> str:
        """Store an item in the caller's transaction, and return its receipt; the same key
        gives the same one.

        Raises Invalid when the key was used for something else, Conflict when the case
        was shredded, Unavailable when too much of its line waits already.
        """
        receipt = self.receipt(item.receipt)
        digest, operation = answers.digest(item.command), item.command.operation()
        name = {"key": item.key, "operation": operation}
        line = Line(item.device_id, operation, item.by_another)
        rows.queue_up(connection, line)
        kept = {"digest": digest, "receipt": receipt, "at": clock.now()}
        principal = item.asker.account_id
        if not rows.add_receipt(connection, name | {"principal": principal} | kept):
            before = landed_before(connection, item.command, item.asker, item.key)
            assert before, "a receipt is kept for longer than anybody sends again"
            return before
        if rows.how_many(connection, line) >= line.most:
            raise Unavailable("landing-full", most=line.most)
        rows.add(connection, name | row(connection, item))
        return receipt

    def land_at_once(self, connection: Driver, item: Item, key: Fetched) -> Landed | None:
        """Store an item in the caller's transaction if nothing speaks against it.

        None: nothing is stored, and `land` says why.
        """
        return at_once.land(connection, item, self.receipt(item.receipt), key)

    async def refuse_another(
        self, database: Database, command: Command, asker: Asker, key: UUID
    ) -> None:
        """Raise Invalid when another content landed under this key: its service, which may
        not have that one yet, would take this one for it.

        Our own database has half a second to say so: then, and without it, nobody is kept
        from asking, for somebody may be in danger.
        """
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(AT_ONCE_S):
                await database.run(
                    lambda connection: landed_before(connection, command, asker, key)
                )

    async def waits(self, database: Database, device_id: UUID) -> bool:
        """Tell whether something of a phone's journal waits that this gateway knows of:
        what it took itself, and what lay here when it began.

        Where nothing has landed that is answered from memory.
        """
        if self.phones is None:
            self.phones = await database.run(rows.phones_waiting)
        if device_id not in self.phones:
            return False
        line = Line(device_id, rows.JOURNAL)
        found = await database.run(lambda connection: rows.waits(connection, line))
        if not found:
            self.phones.discard(device_id)
        return found

    def note(self, device_id: UUID) -> None:
        """Note that something of a phone has landed."""
        if self.phones is not None:
            self.phones.add(device_id)

    def wake(self) -> None:
        """Hand on what has landed, now rather than soon. From the event loop alone."""
        self.hand_over.wake()

    def wake_for_media(self) -> None:
        """Hand on a file that has landed, with those that come within a moment."""
        self.hand_over.wake_for_media()


def landed_before(
    connection: Connection, command: Command, asker: Asker, key: UUID
) -> str | None:
    """Return the receipt of what landed under this key. Raises Invalid when that was
    another content.
    """
    operation = command.operation()
    before = rows.receipt_of(connection, key, asker.account_id, operation)
    if before and before.digest != answers.digest(command):
        raise Invalid("key-of-another-content", key=str(key))
    return str(before.receipt) if before else None


def row(connection: Connection, item: Item) -> dict[str, object]:
    """Return what is kept of an item until its service has it."""
    content = item.command.model_dump_json()
    sealed = Keyring(connection).seal(item.case_id, PURPOSE, content)
    return {
        "visit_id": item.visit_id,
        "case_id": item.case_id,
        "device_id": item.device_id,
        "asker": item.asker.model_dump(mode="json"),
        "command": sealed.model_dump(mode="json"),
        "landed_at": item.receipt.received_at,
        "state": "waiting",
        "attempts": 0,
        "next_at": clock.now(),
        "by_another": item.by_another,
    }
