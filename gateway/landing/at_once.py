"""Landing in one statement what nothing speaks against, as nearly every photo.

The statement stores all of it or nothing. Where it stores nothing,
`gateway.landing.taking` is asked as ever, which finds out why and says so.
"""

from typing import Any

from chassis import answers, clock
from chassis.keyring import Fetched
from gateway.landing.item import Item
from gateway.landing.rows import MOST_WAITING
from gateway.landing.sealing import sealed_by
from gateway.store import Driver
from proto.grants import Landed

#: Under this very key of its case, which was neither shredded nor wrapped anew meanwhile;
#: while no more waits of its phone than may; and once.
LAND = """
WITH may AS (
  SELECT FROM keyring.key
  WHERE key_id = %(case_id)s AND wrapped = %(wrapped)s AND %(most)s > (
    SELECT count(*) FROM landed
    WHERE device_id = %(device_id)s AND operation = %(operation)s AND state = 'waiting'
  )
), receipted AS (
  INSERT INTO landing_receipt (key, principal, operation, digest, receipt, at)
  SELECT %(key)s, %(principal)s, %(operation)s, %(digest)s, %(receipt)s, %(now)s FROM may
  ON CONFLICT DO NOTHING RETURNING 1
)
INSERT INTO landed (key, operation, visit_id, case_id, device_id, asker, command,
                    landed_at, state, attempts, next_at)
SELECT %(key)s, %(operation)s, %(visit_id)s, %(case_id)s, %(device_id)s, %(asker)s,
       %(command)s, %(landed_at)s, 'waiting', 0, %(now)s
FROM receipted RETURNING 1
"""


def land(connection: Driver, item: Item, receipt: str, key: Fetched) -> Landed | None:
    """Land an item in the caller's transaction; None when nothing was stored.

    Only for what has no order among its phone's (`gateway.landing.rows.queue_up`). Two of
    one phone that land at the same moment do not see each other wait.
    """
    if (command := sealed_by(key, item)) is None:
        return None
    values = said(item) | {"receipt": receipt, "command": command, "wrapped": key[2]}
    if connection.execute(LAND, values).fetchone() is None:
        return None
    assert item.visit_id, "what has no order among its phone's is of a visit"
    return Landed(visit_id=item.visit_id, receipt=receipt)


def said(item: Item) -> dict[str, Any]:
    return {
        "key": item.key,
        "principal": item.asker.account_id,
        "operation": item.command.operation(),
        "digest": answers.digest(item.command),
        "visit_id": item.visit_id,
        "case_id": item.case_id,
        "device_id": item.device_id,
        "asker": item.asker.model_dump_json(),
        "landed_at": item.receipt.received_at,
        "now": clock.now(),
        "most": MOST_WAITING,
    }
