"""A phone's journal over HTTP: in pieces, out of order, by anchors; and when it is lost."""

from typing import Any

import httpx

from proto import ids
from proto.anchors import Anchor
from proto.facts import (
    DebtDiscussed,
    Objected,
    PersonMet,
    PositionNoted,
    Relation,
    ShiftStarted,
)
from tests.acting import AT_THE_DOOR
from tests.world import Collector, Door, Platform, plain

HERE = PositionNoted(position=AT_THE_DOOR, provider="satellite")


def sends(me: Collector, path: str, journal: Any) -> httpx.Response:
    headers = me.http.headers | {"Idempotency-Key": str(ids.new())}
    body = plain({"journal": journal.model_dump(mode="json")})
    with httpx.Client(base_url=me.platform.url, headers=headers, trust_env=False) as http:
        return http.post(path, json=body, timeout=30)


def anchors(me: Collector) -> None:
    """Ask the time, and note when it was told."""
    asked = me.phone.elapsed_ms()
    body = {"anchor_id": ids.new(), "device_id": me.phone.device_id}
    told = me.http.post("/v1/anchors", plain(body))
    assert told.ok, told
    me.phone.anchor(Anchor.model_validate(told.body), asked, me.platform.now())


def test_a_day_without_signal_is_sent_in_pieces_and_judged_by_its_anchor(
    door: Door, platform: Platform
) -> None:
    me, partner = door.pair
    assert me.http.post(door.path("/check-ins"), door.present()).ok
    before = len(me.phone.entries)
    anchors(me)
    now = platform.now()
    me.phone.note(None, ShiftStarted(), now)
    me.phone.note(None, HERE, now)
    me.phone.note(door.visit_id, PersonMet(relation=Relation.PARENT), now)
    me.phone.note(door.visit_id, DebtDiscussed(), now)
    me.phone.note(door.visit_id, Objected(by=Relation.PARENT), now)

    late = sends(me, door.path("/journal"), me.phone.part(before + 5, before + 6)).json()
    assert (late["through"], late["new"]) == (before, 2)
    assert late["missing"] == [{"first": before + 1, "last": before + 4}]
    platform.settle()
    declined = "SELECT count(*) FROM field_visit.outbox WHERE envelope->>'type' = %s"
    mine = f"{declined} AND envelope->'data'->>'visit_id' = %s"
    about = "field_visit.entry_declined", str(door.visit_id)
    assert platform.rows(mine, *about) == [(1,)]
    (gap,) = late["missing"]
    whole = sends(me, door.path("/journal"), me.phone.part(gap["first"], gap["last"]))
    assert (whole.json()["through"], whole.json()["missing"]) == (before + 6, [])
    assert platform.rows(mine, *about) == [(1,)]

    shown = door.boss.get(door.path("/journal?limit=50"))
    assert shown.ok, shown
    entries = {each["kind"]: each for each in shown.body["entries"]}
    talk = entries["debt_discussed"]
    assert talk["verdict"] == "breach"
    assert "13.08" in talk["clauses"]
    assert talk["earliest"] is not None
    assert talk["earliest"] <= talk["latest"] <= talk["received_at"]
    assert "position" not in entries  # it is of the day, and of no visit
    assert [each["kind"] for each in shown.body["irregularities"]] == ["gap"]
    assert partner.http.get(door.path("/journal")).ok
    assert (
        platform.account("supervisor", agency_id=ids.new())
        .get(door.path("/journal"))
        .status
        == 404
    )
    rows = platform.rows("SELECT fact::text FROM field_visit.journal WHERE kind='position'")
    assert "31.2304" not in str(rows)


def test_a_lost_phone_is_locked_out_at_once_and_its_journal_is_kept_and_marked(
    door: Door, platform: Platform
) -> None:
    me, partner = door.pair
    assert me.http.post(door.path("/check-ins"), door.present()).ok
    before = len(me.phone.entries)
    me.phone.note(door.visit_id, PersonMet(relation=Relation.DEBTOR), platform.now())
    unsent = me.phone.unconfirmed()
    lost = f"/v1/devices/{me.phone.device_id}/revocation"
    assert door.boss.post(lost, {"reason": "left in a taxi"}).ok
    platform.settle()

    ask = {"journal": unsent.model_dump(mode="json")}
    talk = me.http.post(door.path("/asks/discuss-debt"), ask)
    anchor = {"anchor_id": ids.new(), "device_id": me.phone.device_id}
    assert talk.status in (403, 409)
    assert me.http.post("/v1/anchors", plain(anchor)).status == 403
    carried = sends(partner, door.path("/journal"), unsent)
    assert (carried.status_code, carried.json()["through"]) == (200, before + 1)

    *shifts, entry = platform.officer.get(door.path("/journal")).body["entries"]
    assert {each["kind"] for each in shifts} == {"shift_started"}
    assert (entry["kind"], entry["counts"]) == ("person_met", False)
