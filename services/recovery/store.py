"""Every query of recovery. The locks are here."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, Table, false, literal, select
from sqlalchemy.dialects.postgresql import insert

from chassis import tables
from chassis.errors import NotFound
from chassis.locking import Things
from chassis.settings import settings
from chassis.shared import Shared
from proto import ids
from proto.base import Asker, Command, Role, Sealed
from proto.decision import Decision
from proto.dispatch import CaseStanding
from proto.recovery import (
    AuthoriseCash,
    AuthorityState,
    CashReason,
    CodeState,
    ConfirmCash,
    IssueReceipt,
    PostPaymentCode,
    RevokeCash,
    SettleMoneyLeft,
)
from services.recovery.model import (
    Allowance,
    CashAuthority,
    Deposit,
    Incident,
    PaymentCode,
    Receipt,
    Series,
    Till,
    allowance_table,
    authority_table,
    decision_table,
    deposit_table,
    incident_table,
    payment_code_table,
    receipt_table,
    series_table,
    till_table,
)


def of_class(table: Table, kind: type[Any], *but: str) -> Select[Any]:
    """Select what a thing is made of, without some of it."""
    return select(*(table.c[n] for n in kind.__dataclass_fields__ if n not in but))


def series_of(row: Row[Any]) -> Series:
    return Series(**row._mapping)


def till_of(row: Row[Any]) -> Till:
    return Till(row.id, row.version, code_version=row.code_version)


TILLS = Things("case", Till, select(till_table), till_of)
SERIES = Things("series", Series, select(series_table), series_of)
AUTHORITIES = (
    of_class(authority_table, CashAuthority, "decision")
    .add_columns(decision_table.c.decision)
    .join_from(authority_table, decision_table)
    .order_by(authority_table.c.at)
)
ALLOWANCES = of_class(allowance_table, Allowance).order_by(allowance_table.c.at)
RECEIPTS = of_class(receipt_table, Receipt, "deposits").order_by(receipt_table.c.at)
DEPOSITS = of_class(deposit_table, Deposit).order_by(deposit_table.c.at)
INCIDENTS = of_class(incident_table, Incident).order_by(incident_table.c.at)
CODES = of_class(payment_code_table, PaymentCode).order_by(payment_code_table.c.version)
#: The bank's own orders, which may be the first about a case's cash.
OPENS = (AuthoriseCash, ConfirmCash, RevokeCash, SettleMoneyLeft, PostPaymentCode)


def gather(shared: Shared, commands: Sequence[Command]) -> None:
    """Lock the tills of these commands' cases, then the numbers if one may be drawn.

    Nobody but the bank opens a till: who else asks has not shown yet that they may.
    """
    cases = {command.locks()[0] for command in commands}
    lock(shared, cases, {c.locks()[0] for c in commands if isinstance(c, OPENS)})
    if any(isinstance(command, IssueReceipt) for command in commands):
        lock_series(shared)
    shared.want(keys=cases, subjects=cases)


def till(shared: Shared, case_id: UUID) -> Till:
    """The till of a case that we know of, locked until the transaction ends, and opened
    if it is the first of its case. Raises NotFound.
    """
    found = known_till(shared, case_id)
    if found is None:
        lock(shared, {case_id}, {case_id})
        found = shared.thing(Till, case_id)
    if found is None:
        raise NotFound("case", case_id)
    return found


def known_till(shared: Shared, case_id: UUID) -> Till | None:
    """The till of a case, locked; nothing when none was opened."""
    if shared.thing(Till, case_id) is None:
        lock(shared, {case_id}, set())
    return shared.thing(Till, case_id)


def lock(shared: Shared, case_ids: set[UUID], opens: set[UUID]) -> None:
    """Lock these tills and fill them; of those that are not there, open some."""
    found = TILLS.locked(shared, case_ids)
    if new := opens - found.keys() - shared.elsewhere:
        open_tills(shared.connection, new)
        found |= TILLS.locked(shared, new)
    fill(shared.connection, found)
    for key, each in found.items():
        shared.put(key, each)


def open_tills(connection: Connection, case_ids: Iterable[UUID]) -> None:
    """Open the tills of those of these cases that we know of."""
    kept = tables.kept.c
    known = select(kept.key, literal(0)).where(
        kept.topic == CaseStanding.topic(), kept.key.in_(case_ids)
    )
    opened = insert(till_table).from_select(["id", "version"], known.order_by(kept.key))
    connection.execute(opened.on_conflict_do_nothing())


def series(shared: Shared) -> Series:
    """The numbers of the bank's receipts, locked until the transaction ends."""
    key = series_id()
    if shared.thing(Series, key) is None:
        lock_series(shared)
    return SERIES.one(shared, key)


def lock_series(shared: Shared) -> None:
    """Lock the numbers, after all tills; begin them if there are none yet."""
    key = series_id()
    SERIES.lock(shared, [key])
    if shared.things.get(Series) or key in shared.elsewhere:
        return
    begin = insert(series_table).values(id=key, year=0, last=0)
    shared.connection.execute(begin.on_conflict_do_nothing())
    SERIES.lock(shared, [key])


def series_id() -> UUID:
    return ids.named("receipt_series", settings().bank)


def fill(connection: Connection, tills: dict[UUID, Till]) -> None:
    """Put into each till all that there is of its case."""
    if not tills:
        return
    for table, query, of, name in (
        (authority_table, AUTHORITIES, authority_of, "authorities"),
        (allowance_table, ALLOWANCES, allowance_of, "allowances"),
        (receipt_table, RECEIPTS, receipt_of, "receipts"),
        (incident_table, INCIDENTS, incident_of, "incidents"),
        (payment_code_table, CODES, code_of, "codes"),
    ):
        for row in connection.execute(query.where(table.c.case_id.in_(tills))):
            getattr(tills[row.case_id], name).append(of(row))
    fill_receipts(connection, [r for till in tills.values() for r in till.receipts])


def fill_receipts(connection: Connection, receipts: Iterable[Receipt]) -> None:
    """Put into each receipt what was paid in of it."""
    if not (by_id := {each.id: each for each in receipts}):
        return
    query = DEPOSITS.where(deposit_table.c.receipt_id.in_(by_id))
    for row in connection.execute(query):
        by_id[row.receipt_id].deposits.append(Deposit(**row._mapping))


def shown_till(connection: Connection, case_id: UUID) -> Till:
    """All there is of a case's cash; not locked."""
    found = Till(case_id, 0)
    fill(connection, {case_id: found})
    return found


def shown_receipt(connection: Connection, asker: Asker, receipt_id: UUID) -> Receipt:
    """One receipt, if the asker may see it; not locked. Raises NotFound."""
    query = seen_by(asker).where(receipt_table.c.id == receipt_id)
    if (row := connection.execute(query).first()) is None:
        raise NotFound("receipt", receipt_id)
    found = receipt_of(row)
    fill_receipts(connection, [found])
    return found


def seen_by(asker: Asker) -> Select[Any]:
    """The pair see what they wrote, supervisors their agency's, two bank roles all."""
    table = receipt_table.c
    ours = RECEIPTS.where(table.agency_id == asker.agency_id)
    match asker.role:
        case Role.FIELD_COLLECTOR:
            return ours.where(table.collectors.contains([asker.person_id]))
        case Role.SUPERVISOR:
            return ours
        case Role.BANK_OFFICER | Role.COMPLIANCE:
            return RECEIPTS
    return RECEIPTS.where(false())


def is_known(connection: Connection, table: Table, key: UUID) -> bool:
    """Tell whether a table has a row of this id."""
    return (
        connection.execute(select(table.c.id).where(table.c.id == key)).first() is not None
    )


def known_incident(connection: Connection, key: UUID) -> Incident | None:
    """An incident, when it was noted before."""
    found = connection.execute(INCIDENTS.where(incident_table.c.id == key)).first()
    return incident_of(found) if found else None


def to_print(connection: Connection, receipt_id: UUID) -> tuple[Receipt, Sealed]:
    """A receipt, and the sealed sheet that names who paid."""
    table = receipt_table.c
    row = connection.execute(RECEIPTS.where(table.id == receipt_id)).one()
    sheet = select(allowance_table.c.sheet).where(allowance_table.c.id == row.allowance_id)
    return receipt_of(row), Sealed.model_validate(connection.scalar(sheet))


def authority_of(row: Row[Any]) -> CashAuthority:
    read = {
        "reason": CashReason(row.reason),
        "state": AuthorityState(row.state),
        "decision": Decision.model_validate(row.decision),
    }
    return CashAuthority(**dict(row._mapping) | read)


def allowance_of(row: Row[Any]) -> Allowance:
    return Allowance(**dict(row._mapping) | {"collectors": tuple(row.collectors)})


def receipt_of(row: Row[Any]) -> Receipt:
    read = {
        "collectors": tuple(row.collectors),
        "pdf": row.pdf and Sealed.model_validate(row.pdf),
    }
    return Receipt(**dict(row._mapping) | read)


def code_of(row: Row[Any]) -> PaymentCode:
    read = {"code": Sealed.model_validate(row.code), "state": CodeState(row.state)}
    return PaymentCode(**dict(row._mapping) | read)


def incident_of(row: Row[Any]) -> Incident:
    return Incident(**row._mapping)
