"""The gateway signs the day's pack, gives it to its phone, and keeps nothing of it."""

import gzip
import json
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from chassis.errors import Unavailable
from chassis.signatures import unb64
from doorstep.packs import FILE, Carried, NotAPack, forget, keep
from gateway.tries import PER_PACK
from proto import ids
from proto.anchors import Anchor, AnchorPack
from proto.base import Role
from proto.canonical import canonical
from proto.decision import Outcome
from proto.dispatch import Sheet
from proto.pack import (
    CollectPack,
    DayPack,
    Deed,
    Lack,
    Met,
    Pack,
    PackAnchor,
    PackAnswer,
    PackedVisit,
    Pairing,
    Row,
    Table,
    ZoneDay,
)
from proto.places import Point
from tests.acting import DOOR
from tests.gateway.landed import ME, THE_OTHER, kind

pytestmark = pytest.mark.anyio

NAME = "陈建国"
BADGE = "QWERTY2345"


def day(visit, **but) -> DayPack:
    """A day of one visit, as field_visit tells it."""
    now = visit.hands.now()
    grant = visit.grant()
    sheet = Sheet(debtor_name=NAME, id_number="*0012", card_number="*1234", address="x")
    packed = PackedVisit(
        visit_id=visit.visit_id,
        collectors=(ME.person_id, THE_OTHER),
        not_before=now - timedelta(hours=1),
        not_after=now + timedelta(hours=4),
        zone="Asia/Shanghai",
        sheet=sheet,
        point=Point(**DOOR),
        place_class="home",
        badge=BADGE,
        pairing=Pairing(phones=(visit.phone.device_id,)),
        table=0,
    )
    alone = Row(met=(Met.DEBTOR,), turns=((0, 1), (28_800, 0), (73_800, 1)))
    values = {
        "device_id": visit.phone.device_id,
        "person_id": ME.person_id,
        "made_at": now,
        "good_until": now + timedelta(hours=9),
        "anchor": PackAnchor(at=now),
        "days": {
            "Asia/Shanghai": ZoneDay(on=now.date(), begins_at=now.replace(hour=0, minute=0))
        },
        "visits": (packed,),
        "withdrawn": (UUID(int=9),),
        "phones": grant.phones,
        "tables": (
            Table(
                rows={Deed.DISCUSS_DEBT: (alone,), Deed.COLLECT_CASH: (alone,)},
                lacking={Deed.DISCUSS_DEBT: {Lack.RECORDING: 2}},
            ),
        ),
        "answers": (
            PackAnswer(outcome=Outcome.PROCEED),
            PackAnswer(outcome=Outcome.STOP, clauses=("4.05",)),
            PackAnswer(outcome=Outcome.STOP, clauses=("21.088",)),
        ),
        "live": (Deed.COLLECT_CASH,),
        "scripts": {"door.leave": {"en": "Good bye", "zh-CN": "再见"}},
    }
    return DayPack(pack=Pack(**values | but), grants=(grant,))


@pytest.fixture
def told(visit) -> DayPack:
    """What field_visit answers."""
    found, ask = day(visit), visit.services.ask

    async def answer(service, command, asker, **more):
        reply = found
        if isinstance(command, AnchorPack):
            its = command.model_dump()
            reply = Anchor(**its, at=found.pack.made_at)
        visit.services.reply = reply.model_dump(mode="json")
        return await ask(service, command, asker, **more)

    visit.services.ask = answer
    return found


async def fetched(visit, **headers: str) -> httpx.Response:
    path = f"/v1/pack?device_id={visit.phone.device_id}"
    return await visit.client.get(path, headers=visit.bearer | headers)


async def keys(visit) -> list[dict]:
    return (await visit.client.get("/v1/keys")).json()["keys"]


async def carried(visit) -> Carried:
    response = await fetched(visit)
    assert response.status_code == 200, response.text
    return Carried.read(response.json()["pack"], await keys(visit), visit.phone.device_id)


async def test_it_is_a_compact_jws_of_canonical_json_under_the_key_for_packs(
    visit, told
) -> None:
    response = await fetched(visit)

    assert response.headers["cache-control"] == "no-store"
    header, payload, _ = (response.json()["pack"]).split(".")
    (key,) = [each for each in await keys(visit) if each["purpose"] == "pack"]
    assert json.loads(unb64(header)) == {
        "alg": "ES256",
        "kid": key["kid"],
        "typ": "day-pack",
    }
    content = unb64(payload)
    assert content == canonical(json.loads(content))
    (_, anchor, *_), (service, command, *_) = visit.services.asked
    assert (service, command) == (
        "field_visit",
        CollectPack(device_id=visit.phone.device_id),
    )
    assert visit.services.keys[1] is None  # a question: nothing keeps what it answers
    # the time alone is kept, of before the pack: what it does not know, it was not told
    assert visit.services.keys[0] == anchor.anchor_id
    assert isinstance(anchor, AnchorPack)


async def test_a_phone_reads_in_it_what_field_visit_said_and_each_grant_is_good(
    visit, told
) -> None:
    found = (await carried(visit)).pack

    (packed,) = found.visits
    grant = visit.parts.landing.read_grant(packed.grant or "", ME, visit.visit_id)
    assert grant == told.grants[0]
    assert packed.model_copy(update={"grant": None}) == told.pack.visits[0]
    assert found.anchor.anchor_id == visit.services.asked[0][1].anchor_id
    same = {"visits": told.pack.visits, "anchor": told.pack.anchor}
    assert found.model_copy(update=same) == told.pack


async def test_it_is_zipped_for_whom_can_unfold_it(visit, told) -> None:
    folded = await fetched(visit, **{"Accept-Encoding": "gzip"})
    plain = await fetched(visit, **{"Accept-Encoding": "identity"})

    assert folded.headers["content-encoding"] == "gzip"
    assert folded.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in plain.headers
    assert folded.json()["good_until"] == plain.json()["good_until"]
    assert len(gzip.compress(plain.content)) < len(plain.content)


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "x-gzip", "gzip; q=0.000"])
async def test_it_is_left_as_it_is_for_others(visit, told, accepted) -> None:
    response = await fetched(visit, **{"Accept-Encoding": accepted})
    assert "content-encoding" not in response.headers
    assert response.json()["good_until"]


async def test_nobody_fetches_so_many_that_others_have_to_wait(visit, told) -> None:
    for _ in range(PER_PACK):
        assert (await fetched(visit)).status_code == 200
    refused = await fetched(visit)
    assert kind(refused) == (429, "too-many-tries")
    assert int(refused.headers["retry-after"]) > 0
    assert len(visit.services.asked) == 2 * PER_PACK  # the pack, and the time


@pytest.mark.parametrize("role", [*set(Role) - {Role.FIELD_COLLECTOR, Role.ANYONE}])
async def test_nobody_but_a_field_collector_gets_one(visit, told, bearer, role) -> None:
    visit.bearer = bearer(role)
    assert kind(await fetched(visit)) == (403, "role-may-not")
    assert visit.services.asked == []


@pytest.mark.parametrize("query", ["", "?device_id=x", "?device_id=1&more=2", "?more=2"])
async def test_a_question_that_names_no_phone_is_422(visit, told, query) -> None:
    response = await visit.client.get(f"/v1/pack{query}", headers=visit.bearer)
    assert response.status_code == 422


async def test_while_field_visit_cannot_be_asked_there_is_none(visit) -> None:
    visit.services.error = Unavailable("broker-away")
    assert kind(await fetched(visit)) == (503, "broker-away")


async def test_neither_a_log_line_nor_a_row_has_anything_of_it(
    visit, told, caplog, capfd
) -> None:
    with caplog.at_level(0):
        await fetched(visit)

    ours = [vars(each) for each in caplog.records if each.name != "httpx"]
    shown = str(ours) + "".join(capfd.readouterr())
    assert "collect_pack" in shown
    for word in (NAME, BADGE, str(visit.visit_id), str(visit.phone.device_id)):
        assert word not in shown
    rows = visit.rows("SELECT landed::text FROM landed")
    rows += visit.rows("SELECT landing_receipt::text FROM landing_receipt")
    assert rows == []


# The phone believes nobody.


async def test_a_phone_takes_no_pack_that_is_not_signed_for_it(visit, told) -> None:
    text, published = (await fetched(visit)).json()["pack"], await keys(visit)
    mine = visit.phone.device_id
    head, payload, signature = text.split(".")
    grant = visit.header()  # under the same key, for another purpose
    others = [each for each in published if each["purpose"] != "pack"]
    forged = text.replace(
        payload, payload[:-4] + ("AAAA" if payload[-4:] != "AAAA" else "BBBB")
    )

    assert Carried.read(text, published, mine).visit(visit.visit_id)
    for wrong in (
        forged,
        grant,
        f"{head}.{payload}.",
        f"{head}.{payload}",
        "",
        "a.b.c",
        signature,
    ):
        with pytest.raises(NotAPack):
            Carried.read(wrong, published, mine)
    with pytest.raises(NotAPack, match="nobody we know"):
        Carried.read(text, others, mine)
    with pytest.raises(NotAPack, match="another phone"):
        Carried.read(text, published, ids.new())


async def test_a_phone_keeps_its_pack_until_it_is_over_and_no_longer(
    visit, told, tmp_path
) -> None:
    text, published = (await fetched(visit)).json()["pack"], await keys(visit)
    mine, now = visit.phone.device_id, visit.hands.now()
    with pytest.raises(NotAPack, match="there is none"):
        Carried.kept(tmp_path, published, mine)

    keep(tmp_path, text)
    assert Carried.kept(tmp_path, published, mine) == Carried.read(text, published, mine)
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    forget(tmp_path, now)
    assert (tmp_path / FILE).exists()
    forget(tmp_path, told.pack.good_until)
    assert not (tmp_path / FILE).exists()
    for broken in ("", "a.b.c", text[:200]):
        keep(tmp_path, broken)
        forget(tmp_path, now)
        assert not (tmp_path / FILE).exists()
    forget(tmp_path, now)


async def test_a_phone_reads_answers_and_takes_every_doubt_for_a_no(visit, told) -> None:
    pack, now = await carried(visit), visit.hands.now()
    late = {"at": now + timedelta(hours=5, minutes=30)}

    def says(deed=Deed.DISCUSS_DEBT, met=Met.DEBTOR, at=now, lacking=(), of=visit.visit_id):
        return pack.says(of, deed, met, at, lacking)

    assert says().allowed
    assert not says(met=Met.SPOUSE).allowed  # nothing is said of a spouse
    assert not says(Deed.CHECK_IN).allowed
    assert (says(Deed.COLLECT_CASH).outcome, says(Deed.COLLECT_CASH).allowed) == (
        *(Outcome.PROCEED, False),
    )
    assert says(lacking=[Lack.RECORDING]).clauses == ("21.088",)
    assert says(lacking=[Lack.CONSENT]).allowed  # to talk takes no consent to come in
    whys = {
        says(at=pack.pack.good_until).because: "pack-expired",
        says(at=now - timedelta(seconds=1)).because: "pack-expired",
        says(**late).because: "outside-plan",
        says(of=UUID(int=9)).because: "withdrawn",
        says(of=ids.new()).because: "not-in-the-pack",
    }
    assert all(said == why for said, why in whys.items())
