"""Whoever opens looks the pair up at `/d`, through all real parts."""

import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from doorstep.process import wait_until
from tests.journeys.hurting import frozen
from tests.world import AtADoor, Door, Platform, clauses, plain

#: Nothing here waits for a time: for as long as it takes on two busy cores.
PATIENCE_S = 60
YES, NO = "Yes, these two are here on our behalf today.", "we cannot confirm this code"
WORDS = "他们在楼道里大喊大叫"
ENGLISH = {"Accept-Language": "en"}


def looks(platform: Platform, code: str, **but: str) -> httpx.Response:
    return httpx.get(f"{platform.url}/d/{code}", headers=ENGLISH | but, timeout=PATIENCE_S)


def complains(platform: Platform, code: str, page: str) -> httpx.Response:
    """Fill in the form of a page, as a browser does."""
    [address] = re.findall(r'<form action="([^"]+)" method="post"', page)
    [key] = re.findall(r'name="key" value="([^"]+)"', page)
    assert code in address
    form = {"what": "conduct", "words": WORDS, "contact": "", "key": key}
    url = f"{platform.url}{address}"
    return httpx.post(url, data=form, headers=ENGLISH, timeout=PATIENCE_S)


def until(well: Callable[[], bool]) -> None:
    assert wait_until(well, PATIENCE_S)


def says(platform: Platform, code: str, sentence: str) -> bool:
    """Whether the page says so. While something is on its way, it may not know."""
    answer = looks(platform, code)
    return answer.status_code == 200 and sentence in answer.text


def test_a_code_lives_and_dies_with_the_letter(door: Door, platform: Platform) -> None:
    here = AtADoor(door, door.visit_id)
    code = here.shown()["badge"]
    until(lambda: says(platform, code.lower().replace("-", "%20"), YES))
    page = looks(platform, code).text
    numbers = (here.case_id, here.visit_id, *(each.person_id for each in door.pair))
    hidden = ("陈建国", "人民大道", "0012", "1234", "周小川", *map(str, numbers))
    assert [each for each in hidden if each in page] == []

    letter = f"/v1/authorisations/{door.letter_id}/revocation"
    assert platform.officer.post(letter, plain({"reason": "a new one"})).ok
    platform.settle()

    until(lambda: says(platform, code, NO))
    unknown = looks(platform, "00000-00000").text
    assert same(looks(platform, code).text, code) == same(unknown, "00000-00000")


def test_while_a_no_may_be_on_its_way_nobody_is_told_yes(
    door: Door, platform: Platform
) -> None:
    code = AtADoor(door, door.visit_id).shown()["badge"]
    until(lambda: says(platform, code, YES))

    with frozen(platform, "relay"):
        until(lambda: looks(platform, code).status_code == 503)
        for each in (code, "00000-00002"):
            answer = looks(platform, each)
            assert (answer.status_code, YES in answer.text) == (503, False)
            assert "That is not a yes." in answer.text

    until(lambda: says(platform, code, YES))


def same(page: str, code: str) -> str:
    """A page without what is its own: the code in it, and the key of its complaint."""
    return re.sub(r'name="key" value="[^"]+"', "", page).replace(code, "")


def test_a_complaint_by_the_form_holds_the_case_and_the_agency_learns_nothing(
    door: Door, platform: Platform
) -> None:
    (visit, other) = door.visits(2)
    here, unlike = AtADoor(door, visit), AtADoor(door, other)
    code = here.shown()["badge"]
    until(lambda: says(platform, code, YES))
    page = looks(platform, code).text

    with ThreadPoolExecutor(2) as impatient:  # who presses twice
        presses = [impatient.submit(complains, platform, code, page) for _ in range(2)]
    first, again = (each.result() for each in presses)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.text == again.text
    assert "Your complaint is with the bank." in first.text
    [number] = re.findall(r'<dd class="full">([\w-]+)</dd>', first.text)
    platform.settle()
    refused = here.checks_in()
    assert (refused.status, clauses(refused)) == (403, ["4.38"])
    until(lambda: says(platform, code, NO))

    assert of_the_case(platform, here.case_id) == [
        (number, "conduct", f"They were rude, or would not leave\n\n{WORDS}")
    ]

    hold = {"reason": "bank_decision"}
    assert platform.officer.post(f"/v1/cases/{unlike.case_id}/hold", hold).ok
    platform.settle()
    assert what_the_agency_sees(door, here) == what_the_agency_sees(door, unlike)


def of_the_case(platform: Platform, case_id: str) -> list[tuple[str, str, str]]:
    """What the desk has about a case: each complaint, what about, and its words."""
    desk = platform.account("complaints_officer")
    listed = desk.get("/v1/complaints?limit=200").body["complaints"]
    mine = [each["complaint_id"] for each in listed if each["case_id"] == case_id]
    shown = [desk.get(f"/v1/complaints/{each}").body for each in mine]
    return [(each["complaint_id"], each["about"], each["words"]) for each in shown]


def what_the_agency_sees(door: Door, here: AtADoor) -> list[object]:
    """All that boss and pair can read of a visit, without what is each visit's own."""
    own = ("visit_id", "case_id", "not_before", "not_after", "present", "state", "at", "id")
    seen: list[object] = []
    for http in (door.boss, *(each.http for each in door.pair)):
        shown = dict(http.get(f"/v1/visits/{here.visit_id}").body)
        seen.append({name: each for name, each in shown.items() if name not in own})
    for path in ("/v1/complaints", f"/v1/cases/{here.case_id}"):
        seen.append(door.boss.get(path).status)
    text = str([door.boss.get(f"/v1/visits/{here.visit_id}/timeline").body, seen])
    assert "complain" not in text
    assert WORDS not in text
    return seen


def test_a_code_of_nobody_is_taken_by_the_desk_all_the_same(platform: Platform) -> None:
    code = "00000-00001"
    answer = complains(platform, code, looks(platform, code).text)

    [number] = re.findall(r'<dd class="full">([\w-]+)</dd>', answer.text)
    shown = platform.account("complaints_officer").get(f"/v1/complaints/{number}").body
    assert (shown["case_id"], shown["code"]) == (None, code)


def test_no_log_of_any_part_has_a_code_or_a_word_of_a_complaint(
    door: Door, platform: Platform
) -> None:
    code = AtADoor(door, door.visit_id).shown()["badge"]
    until(lambda: says(platform, code, YES))
    stray = secrets.token_hex(8)
    complains(platform, code, looks(platform, code).text)
    httpx.get(f"{platform.url}/d", params={"code": code, "lang": stray})
    httpx.get(f"{platform.url}/d/{code}/{stray}")
    platform.settle()

    logs = sorted(platform.home.log_file("gateway").parent.iterdir())
    said = {file.name: file.read_text(errors="replace") for file in logs}
    assert '"badge_page"' in said["gateway.log"]
    wrong = [
        (name, word)
        for name, text in said.items()
        for word in (code, code.replace("-", ""), WORDS, stray)
        if word in text
    ]
    assert wrong == []
