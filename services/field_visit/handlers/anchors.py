"""What time it is: told to a phone, and kept, so that its journal can be bounded by it."""

from collections.abc import Sequence

from chassis.errors import Conflict, NotFound
from chassis.shared import Shared
from chassis.unit import Unit
from proto.anchors import Anchor, AnchorPack, TakeAnchor
from proto.base import Role
from proto.workforce import DeviceStanding
from services.field_visit import store
from services.field_visit.handlers.check_in import trust
from services.field_visit.model import ToldOf, anchor_table

Ask = TakeAnchor | AnchorPack


def gather_phones(shared: Shared, commands: Sequence[Ask]) -> None:
    shared.want([command.device_id for command in commands])


def of_the_phone(command: Ask, unit: Unit) -> None:
    """Raises NotFound for whoever does not have this phone, Forbidden when it is lost."""
    asker = unit.asker
    device = unit.kept_all(DeviceStanding, [command.device_id]).get(command.device_id)
    mine = asker is not None and device is not None and device.person_id == asker.person_id
    if asker is None or asker.role is not Role.FIELD_COLLECTOR or not mine:
        raise NotFound("device", command.device_id)
    assert asker.person_id
    trust(device, command.device_id, asker.person_id)


def take_anchor(command: TakeAnchor, unit: Unit) -> Anchor:
    """Tell a phone the time; under the same id it is told the same.

    Raises Conflict when the id is another phone's.
    """
    return told(command, ToldOf.THE_TIME, unit)


def anchor_pack(command: AnchorPack, unit: Unit) -> Anchor:
    """Tell a phone the time, with the pack of its day. Raises Conflict."""
    return told(command, ToldOf.ITS_DAY, unit)


def told(command: Ask, of: ToldOf, unit: Unit) -> Anchor:
    known = store.anchor(unit.connection, command.anchor_id)
    device_id, at = known or (command.device_id, unit.now)
    if device_id != command.device_id:
        raise Conflict("key-known-otherwise", thing="anchor", key=str(command.anchor_id))
    if known is None:
        its = {"device_id": device_id, "at": at, "told_of": of}
        unit.write(anchor_table, id=command.anchor_id, **its)
    return Anchor(anchor_id=command.anchor_id, device_id=device_id, at=at)
