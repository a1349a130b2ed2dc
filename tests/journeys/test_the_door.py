"""Two phones go to a door: through HTTP, RabbitMQ, nameko and PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from proto import ids
from proto.facts import (
    ConsentGiven,
    Entered,
    Identified,
    Introduced,
    Left,
    PersonMet,
    Recording,
)
from tests import acting
from tests.world import clauses, plain

RECORDING = Recording(announced=True, running=True)
INTRODUCED = Introduced(mandate_declared=True, badge_shown=True, letter_shown=True)
INVITED = ConsentGiven(answer="given", by="parent")
CONFIRMED = Identified(name_said=True, items=("card_tail", "birth_year"))
CONSENT = ConsentGiven(answer="given", by="debtor")


def test_two_phones_follow_the_rules_to_the_door_and_in(door) -> None:
    first, second = door.pair
    visit = door.visit_id

    alone = first.http.post(door.path("/check-ins"), {"present": [first.presence(visit)]})
    assert (alone.status, clauses(alone)) == (202, ["4.27"])

    together = second.http.post(
        door.path("/check-ins"), {"present": [second.presence(visit)]}
    )
    assert (together.status, clauses(together)) == (200, [])
    assert together.body["script"]["zh-CN"]

    mother = first.notes(
        visit, RECORDING, INTRODUCED, PersonMet(relation="parent"), INVITED
    )
    refused = first.http.post(
        door.path("/asks/enter-premises"), mother | {"reason": "limited_mobility"}
    )
    assert refused.status == 403
    assert {"4.29", "21.090", "4.17", "13.08"} <= set(clauses(refused))
    assert refused.kind == "not-allowed"
    first.confirm()
    talk = first.http.post(door.path("/asks/discuss-debt"), {})
    assert (talk.status, {"4.17", "13.09"} <= set(clauses(talk))) == (403, True)

    debtor = first.notes(visit, PersonMet(relation="debtor"), CONFIRMED)
    talk = first.http.post(door.path("/asks/discuss-debt"), debtor)
    assert (talk.status, clauses(talk)) == (200, [])
    first.confirm()

    consent = first.notes(visit, CONSENT)
    no_reason = first.http.post(door.path("/asks/enter-premises"), consent)
    assert (no_reason.status, clauses(no_reason)) == (403, ["4.28"])
    first.confirm()

    allowed = first.http.post(
        door.path("/asks/enter-premises"), {"reason": "limited_mobility"}
    )
    assert (allowed.status, clauses(allowed)) == (200, [])

    inside = first.http.post(door.path("/journal"), first.notes(visit, Entered(), Left()))
    assert (inside.status, inside.body["new"]) == (200, 2)
    over = first.http.post(door.path("/check-out"), {"ending": "talked"})
    assert over.status == 200

    door.platform.settle()
    said = door.platform.rows(
        "SELECT envelope->>'type' FROM field_visit.outbox"
        " WHERE envelope->'data'->>'visit_id' = %s ORDER BY id",
        str(visit),
    )
    aside = ("later.", "field_visit.plausibility_scored")  # what it gives itself to do
    assert [topic for (topic,) in said if not topic.startswith(aside)] == [
        "field_visit.collectors_arrived",
        "field_visit.consent_recorded",
        "field_visit.entry_not_allowed",
        "field_visit.talk_not_allowed",
        "field_visit.consent_recorded",
        "field_visit.entry_not_allowed",
        "field_visit.entry_allowed",
        "field_visit.premises_entered",
        "field_visit.premises_left",
        "field_visit.collectors_left",
    ]
    findings = door.platform.rows(
        "SELECT what FROM oversight.finding WHERE visit_id = %s ORDER BY at", visit
    )
    assert [what for (what,) in findings] == [
        "field_visit.entry_not_allowed",
        "field_visit.talk_not_allowed",
        "field_visit.entry_not_allowed",
    ]


def test_both_phones_at_the_same_instant_two_hundred_times(door) -> None:
    """Without the row lock 142 of 200 such rounds went wrong."""
    visits = door.visits(200)
    ready = threading.Barrier(2)

    def check_in(collector, visit) -> tuple[int, list[str]]:
        body = {"present": [collector.presence(visit)]}
        ready.wait(timeout=30)
        answer = collector.http.post(f"/v1/visits/{visit}/check-ins", body)
        return answer.status, clauses(answer)

    rounds = []
    with ThreadPoolExecutor(2) as pool:
        for visit in visits:
            both = [pool.submit(check_in, collector, visit) for collector in door.pair]
            rounds.append(sorted(each.result() for each in both))

    assert [each for each in rounds if each != [(200, []), (202, ["4.27"])]] == []
    door.platform.settle()
    arrivals = door.platform.rows(
        "SELECT envelope->'data'->>'visit_id', count(*) FROM field_visit.outbox"
        " WHERE envelope->>'type' = 'field_visit.collectors_arrived'"
        " AND envelope->'data'->>'visit_id' = ANY(%s) GROUP BY 1",
        [str(visit) for visit in visits],
    )
    assert sorted(arrivals) == sorted((str(visit), 1) for visit in visits)


def test_another_agency_sees_nothing(door, platform, tmp_path) -> None:
    stranger = platform.account("field_collector", agency_id=ids.new(), person_id=ids.new())
    boss = platform.account("supervisor", agency_id=ids.new())

    assert stranger.get(door.path()).status == 404
    assert boss.get(door.path()).status == 404
    assert boss.get("/v1/visits").body["visits"] == []
    ask = stranger.post(door.path("/asks/discuss-debt"), {})
    assert (ask.status, ask.kind) == (404, "not-found")
    events = boss.get(door.path("/events"))
    assert events.status == 404


def test_the_pair_sees_the_masked_sheet_and_the_boss_does_not(door) -> None:
    mine = door.pair[0].http.get(door.path()).body
    boss = door.boss.get(door.path()).body

    assert mine["sheet"] == {
        "debtor_name": "陈建国",
        "id_number": "**************0012",
        "card_number": "************1234",
        "address": "人民大道1号",
        "named": None,
    }
    assert boss["sheet"] is None


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_refusal_speaks_the_language_of_who_asked(door, language) -> None:
    first, second = door.pair
    present = door.present(at=acting.DOWN_THE_ROAD)
    first.http._http.headers["Accept-Language"] = language

    refused = first.http.post(door.path("/check-ins"), present)

    assert (refused.status, clauses(refused)) == (403, ["C.02"])
    (reason,) = refused.body["decision"]["reasons"]
    assert set(reason["says"]) == {"zh-CN", "en"}
    assert reason["quote"] == "外访签到位置距案件登记地址不得超过200米。"
    assert ("not allowed" in refused.body["title"].lower()) == (language == "en")


def test_a_revoked_letter_stops_the_pair_on_its_way(door) -> None:
    path = f"/v1/authorisations/{door.letter_id}/revocation"
    door.platform.officer.post(path, {"reason": "the pair was changed"})
    door.platform.settle()
    present = door.present()

    refused = door.pair[0].http.post(door.path("/check-ins"), present)

    assert (refused.status, clauses(refused)) == (403, ["4.15", "21.087"])


def test_a_lost_phone_is_locked_out(door) -> None:
    lost = door.pair[0]
    path = f"/v1/devices/{lost.phone.device_id}/revocation"
    assert door.boss.post(path, {"reason": "left in a taxi"}).status == 200
    door.platform.settle()
    body = {"present": [lost.presence(door.visit_id)]}

    refused = lost.http.post(door.path("/check-ins"), body)

    assert (refused.status, refused.kind) == (403, "device-revoked")


def test_nothing_personal_lies_in_any_log_event_or_row(door) -> None:
    """Names, numbers, the address and where it is: sealed, or not there."""
    first, _ = door.pair
    present = door.present()
    first.http.post(door.path("/check-ins"), present)
    first.http.post(door.path("/journal"), first.notes(door.visit_id, INTRODUCED))
    door.platform.settle()
    secrets = ("陈建国", "000000197001010012", "6222020000001234", "人民大道", "周小川")
    tables = door.platform.rows(
        "SELECT table_schema, table_name FROM information_schema.tables"
        " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
    )
    stored = "".join(
        text
        for schema, table in tables
        for (text,) in door.platform.rows(f'SELECT t::text FROM "{schema}"."{table}" t')
    )
    logs = "".join(
        path.read_text() for path in (door.platform.home.root / "log").glob("*.log")
    )

    assert [secret for secret in (*secrets, "121.473") if secret in stored] == []
    assert [secret for secret in (*secrets, "121.47") if secret in logs] == []


def test_a_file_of_cases_with_one_wrong_row_leaves_nothing_behind(door) -> None:
    good = acting.case(ids.new(), door.agency_id)
    bad = acting.case(ids.new(), door.agency_id, books=("CN-PLEGDE",))

    answer = door.platform.officer.post("/v1/cases", plain({"cases": [good, bad]}))

    assert (answer.status, answer.kind) == (422, "malformed")
    assert [each["pointer"] for each in answer.body["errors"]] == ["/cases/1/books/0"]
    query = "SELECT count(*) FROM dispatch.debt_case WHERE id = %s"
    assert door.platform.rows(query, good["case_id"]) == [(0,)]


def test_the_feed_tells_the_visit_from_its_beginning_and_goes_on_after_a_loss(door) -> None:
    first, _ = door.pair
    path = door.path("/events")
    present = door.present()
    first.http.post(door.path("/check-ins"), present)
    first.http.post(door.path("/journal"), first.notes(door.visit_id, INTRODUCED, INVITED))

    before = list(islice(door.boss.events(path), 3))
    first.http.post(door.path("/check-out"), {"ending": "third_party"})
    after = list(islice(door.boss.events(path, before[-1].id), 1))

    assert [each.topic for each in before + after] == [
        "dispatch.visit_planned",
        "field_visit.collectors_arrived",
        "field_visit.consent_recorded",
        "field_visit.collectors_left",
    ]
    assert {"place", "sheet"} & set(before[0].data["data"]) == set()
    assert [each for each in before + after if "by" in each.data] == []
