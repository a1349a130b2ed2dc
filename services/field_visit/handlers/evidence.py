"""A visit's sealed record for somebody who says why: what goes into their copy.

The gateway puts it together (`gateway/evidence.py`): the files lie in the store.
"""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.errors import Conflict, Forbidden, NotFound, Unavailable
from chassis.settings import settings
from chassis.unit import Unit
from evidence import log
from evidence.suites import SUITES
from proto.base import Role, Sealed
from proto.evidence import (
    DisclosuresShown,
    EvidencePlan,
    OpenEvidence,
    SealedPart,
    ShowDisclosures,
)
from proto.field_visit import VisitState
from proto.looking import Looked
from proto.media import MediaKind
from services.field_visit import store
from services.field_visit.handlers import sealing
from services.field_visit.handlers.looking import note_look
from services.field_visit.handlers.media import is_kept_from
from services.field_visit.model import DISCLOSED, Due, Seal, TreeHead, Visit

EVIDENCE_READERS = (Role.SUPERVISOR, Role.BANK_OFFICER, Role.COMPLIANCE)
#: Photos as they were received, with all that their camera wrote, are the bank's alone;
#: sound and film are shown to an agency as they are.
WITHHELD = (MediaKind.PHOTO,)
#: Heads of the log in a copy: those given away first after the seal, and last.
MOST_HEADS = 16


def open_evidence(command: OpenEvidence, unit: Unit) -> EvidencePlan:
    """Say what goes into a copy for whoever asks, and keep that they did.

    Raises NotFound for whoever may not see the visit, Forbidden where only the bank may,
    Conflict while nothing is sealed, or a file has gone of which no part says so yet.
    """
    visit = opened_for(command.visit_id, unit)
    seals = store.seals(unit.connection, visit.id)
    if not seals:
        raise unsealed(visit, unit)
    if sealing.is_gone_unsaid(visit, unit):
        raise Conflict("deletion-not-sealed-yet", key=str(visit.id))
    note_look(unit, visit.id, Looked.BUNDLE, command.reason)
    heads = heads_for(seals, unit)
    return EvidencePlan(
        visit_id=visit.id,
        bank=settings().bank,
        suite=seals[0].suite,
        parts=tuple(part_of(each, unit) for each in seals),
        disclosures=tuple(
            store.hidden_of(unit.connection, seals, for_agency=is_of_agency(unit))
        ),
        log=log_of(seals, heads, unit),
        keys=keys_of(seals, heads),
        withholds=WITHHELD if is_of_agency(unit) else (),
    )


def opened_for(visit_id: UUID, unit: Unit) -> Visit:
    """Return a visit whose evidence may be given to who asks. Raises NotFound, Forbidden.

    Where a child or somebody confused was met, only the bank has what was taken (S3).
    """
    if unit.asker is None:
        raise NotFound("visit", visit_id)
    visit = store.shown_visit(unit.connection, unit.asker, visit_id)
    if is_kept_from(unit.asker, visit):
        raise Forbidden("evidence-for-the-bank", key=str(visit.id))
    return visit


def is_of_agency(unit: Unit) -> bool:
    return unit.asker is not None and unit.asker.role is Role.SUPERVISOR


def unsealed(visit: Visit, unit: Unit) -> Conflict:
    """Return why there is no evidence yet: what is awaited, and until when."""
    if visit.state is not VisitState.CLOSED:
        return Conflict("visit-not-over", key=str(visit.id))
    lacks = [each.value for each in sealing.waits_for(visit, unit)]
    values: dict[str, Any] = {"missing": lacks} if lacks else {}
    until = visit.due.get(Due.SEAL)
    by = max(until, unit.now) if until and not lacks else sealing.deadline(visit, unit)
    return Conflict("not-sealed-yet", key=str(visit.id), until=local(visit, by), **values)


def local(visit: Visit, at: datetime) -> str:
    return visit.local(at).isoformat(timespec="minutes")


def keys_of(seals: Sequence[Seal], heads: Sequence[TreeHead]) -> tuple[str, ...]:
    """Return the public keys that signed these, each once."""
    sealed = {each.public_key for each in seals}
    return tuple(sorted(sealed | {each.public_key for each in heads}))


def part_of(seal: Seal, unit: Unit) -> SealedPart:
    token = store.token_of(unit.connection, seal.head)
    names = SealedPart.model_fields.keys() - {"timestamp"}
    return SealedPart(
        **{name: getattr(seal, name) for name in names},
        timestamp=token and base64.b64encode(token).decode(),
    )


def heads_for(seals: Sequence[Seal], unit: Unit) -> list[TreeHead]:
    """Return heads of the log that these parts are under, by their size: the newest, and
    of those given away the first ones and the last.
    """
    heads = store.heads_over(unit.connection, seals[0].leaf, MOST_HEADS)
    newest = store.newest_head(unit.connection)
    if newest and newest.size > max([seals[0].leaf, *(each.size for each in heads)]):
        heads.append(newest)
    return heads


def log_of(seals: Sequence[Seal], heads: Sequence[TreeHead], unit: Unit) -> str:
    return log.log_text(
        SUITES[seals[0].suite],
        [(each.size, log.TreeHead(each.text, each.signature)) for each in heads],
        [(each.part, each.leaf) for each in seals],
        store.reader(unit.connection),
    )


def show_disclosures(command: ShowDisclosures, unit: Unit) -> DisclosuresShown:
    """Open some of what a visit's records hide; nothing of what was erased, also since a
    copy was begun.

    Raises NotFound for whoever may not see it, Forbidden.
    """
    visit = opened_for(command.visit_id, unit)
    row = store.hidden(unit.connection, command.disclosure_id)
    if row is None:
        return DisclosuresShown(lines="")
    if row.visit_id != visit.id or (row.for_bank and is_of_agency(unit)):
        raise NotFound("disclosure", command.disclosure_id)
    box = Sealed.model_validate(row.box)
    try:
        return DisclosuresShown(lines=unit.keyring.open(box, visit.case_id, DISCLOSED))
    except Unavailable:
        return DisclosuresShown(lines="")
