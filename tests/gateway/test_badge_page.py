"""The badge page as a browser gets it: one answer for every no, and nothing personal."""

import json
import logging
import re
from html.parser import HTMLParser
from urllib.parse import quote

import httpx
import pytest
from prometheus_client import REGISTRY

from chassis.errors import Unavailable
from chassis.logs import OneLine
from chassis.rpc import Answered
from gateway.guesses import FREE, Guesses
from gateway.landing import rows
from gateway.pages.badge import DOORS, form, html
from gateway.pages.badge.form import CHOICES, MEDIA, MOST, WORDS_MOST
from gateway.parts import Parts
from gateway.tries import PER_STRANGER
from proto import badges, ids
from proto.base import Problem
from proto.complaints import About, ComplainByBadge
from proto.field_visit import CheckBadge
from tests.gateway.stand_in import StandIn

pytestmark = pytest.mark.anyio

CODE = "7KQ2M-0XWT4"
YES = {"mandated": True, "agency": "HAIYUE", "staff_numbers": ["HY-001", "HY-002"]}
NO = {"mandated": False, "agency": None, "staff_numbers": []}
HOSTILE = "\"><script>alert('x')</script>&"
KEY = "01926f3a-7c1e-7000-8000-000000000000"
COMPLAINT = {"what": "threat", "words": "他们很凶。\r\n", "contact": "阳台", "key": KEY}


@pytest.fixture(autouse=True)
def told_yes(services: StandIn) -> None:
    services.reply = YES


class Reader(HTMLParser):
    """Notes every tag with its attributes, and every text that is shown."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def shown(response: httpx.Response) -> str:
    """The page without what is made anew for each: the key of a complaint."""
    return re.sub(r'name="key" value="[^"]+"', "", response.text)


async def sends(client: httpx.AsyncClient, code: str = CODE, **but) -> httpx.Response:
    return await client.post(f"/d/{code}/complaint", data=COMPLAINT | but)


# What is answered.


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "Yes, these two are here on our behalf today."),
        ("zh-CN", "是的，这两人今天受我行委托上门。"),
        ("zh-TW", "是的，這兩位今天受本行委託到訪。"),
    ],
)
async def test_a_right_code_says_who_they_are_and_nothing_of_anybody_else(
    client, services, language: str, says: str
) -> None:
    response = await client.get(f"/d/{CODE.lower()}", headers={"Accept-Language": language})

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-language"] == language
    page = Reader(response.text)
    assert page.tags[0] == ("html", {"lang": language})
    text = "\n".join(page.texts)
    for each in (says, "HAIYUE", "HY-001", "HY-002", CODE, "400-000-0000"):
        assert each in text
    assert services.asked[0][:2] == ("field_visit", CheckBadge(code="7KQ2M0XWT4"))
    assert services.keys == [None]


async def test_the_first_line_is_another_way_to_find_out(client) -> None:
    for path in ("/d", f"/d/{CODE}"):
        text = (await client.get(path)).text
        body = " ".join(Reader(text.partition("<body>")[2]).texts).strip()
        assert body.startswith("Ask here, or call the number on the back of your bank card")


#: Whoever stands beside the person who opened reads along (13.08): not a word of a debt.
OF_THE_DEBT = (
    *("欠", "逾期", "催", "债", "債", "贷", "貸", "还款", "還款"),
    *("debt", "owe", "overdue", "collect", "loan", "repay"),
)


@pytest.mark.parametrize("language", ["en", "zh-CN", "zh-TW"])
async def test_no_page_says_a_word_of_any_debt(client, services, language: str) -> None:
    head = {"Accept-Language": language}
    pages = [await client.get("/d", headers=head), await sends(client)]
    for services.reply in (YES, NO):
        pages.append(await client.get(f"/d/{CODE}", headers=head))
    services.error = Unavailable("source-stale", source="letters")
    pages.append(await client.get(f"/d/{CODE}", headers=head))
    text = "".join(" ".join(Reader(each.text).texts).lower() for each in pages)

    assert [word for word in OF_THE_DEBT if word in text] == []


async def test_every_no_is_the_same_page(client, services, parts: Parts) -> None:
    """Unknown, dead, or of another day is for field_visit to know; no code, for nobody."""
    services.reply = NO
    first, other = await client.get(f"/d/{CODE}"), await client.get("/d/00000-00000")
    no_code = await client.get("/d/hello")

    assert first.status_code == other.status_code == no_code.status_code == 200
    pages = [
        shown(each).replace(code, "")
        for each, code in ((first, CODE), (other, "00000-00000"), (no_code, "hello"))
    ]
    assert pages[0] == pages[1] == pages[2]
    assert "No, we cannot confirm this code today." in pages[0]
    assert "Do not let them in." in pages[0]
    assert len(services.asked) == 2  # what can be no code is asked of nobody


async def test_whoever_types_a_code_is_sent_to_its_page(client) -> None:
    response = await client.get("/d", params={"code": " 7kq2m 0xwt4", "lang": "zh-TW"})

    assert response.status_code == 303
    assert response.headers["location"] == f"/d/{CODE}?lang=zh-TW"


async def test_whoever_mistypes_keeps_what_they_typed(client, services) -> None:
    response = await client.get("/d", params={"code": "7KQ2M-0X"})

    assert (response.status_code, services.asked) == (422, [])
    page = Reader(response.text)
    assert "7KQ2M-0X" in [each.get("value") for each in page.all("input")]
    assert "A code has ten letters and digits." in response.text


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("source-stale", source="letters"),
        Answered(Problem(kind="source-stale", status=503)),
    ],
)
async def test_who_cannot_be_told_is_not_told_yes(client, services, error) -> None:
    services.error = error
    response = await client.get(f"/d/{CODE}")

    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert "That is not a yes. Do not let them in" in response.text
    assert "Yes" not in response.text


# Complaints.


async def test_a_complaint_goes_to_the_desk_as_the_api_s_do(client, services) -> None:
    response = await sends(client)

    assert response.status_code == 200
    [(service, command, asker)] = services.asked
    assert (service, asker.role) == ("complaints", "anyone")
    assert command == ComplainByBadge(
        complaint_id=command.complaint_id,
        code=CODE,
        about=About.THREAT,
        words="They threatened me or somebody else\n\n他们很凶。",
        contact="阳台",
    )
    assert services.keys == [command.complaint_id]
    number = command.complaint_id.hex[:8].upper()
    assert f"{number[:4]}-{number[4:]}" in response.text
    assert str(command.complaint_id) in response.text
    assert "400-000-0000" in response.text


async def test_pressed_twice_it_is_one_complaint_and_changed_another(
    client, services
) -> None:
    first, again, changed, another_page = (
        await sends(client),
        await sends(client),
        await sends(client, words="还有"),
        await sends(client, key=str(ids.new())),
    )

    assert first.text == again.text
    keys = services.keys
    assert keys[0] == keys[1]
    assert len({*keys}) == 3
    assert changed.status_code == another_page.status_code == 200


async def test_nothing_but_what_happened_has_to_be_said(client, services) -> None:
    for choice in CHOICES:
        response = await sends(client, what=choice, words=" \r\n ", contact="")
        assert response.status_code == 200
    abouts = [command.about for _, command, _ in services.asked]
    assert abouts == list(CHOICES.values())
    assert [command.contact for _, command, _ in services.asked] == [None] * len(CHOICES)


async def test_every_page_of_a_code_has_the_form_with_a_key_of_its_own(client) -> None:
    keys = set()
    for path in (f"/d/{CODE}", f"/d/{CODE}", "/d/hello"):
        page = Reader((await client.get(path)).text)
        [key] = [each["value"] for each in page.all("input") if each["name"] == "key"]
        [address] = [each["action"] for each in page.all("form") if "post" in each.values()]
        assert address == f"{path}/complaint?lang=en"
        keys.add(key)
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("but", "says"),
    [
        ({"what": ""}, "Please choose what happened."),
        ({"what": "nonsense"}, "Please choose what happened."),
        ({"words": "长" * (WORDS_MOST + 1)}, "more than 1000 characters"),
        ({"contact": "x" * 101}, "more than 100 characters"),
        ({"key": "1"}, "Please send it once more."),
        ({"key": ""}, "Please send it once more."),
    ],
)
async def test_a_form_that_is_not_right_comes_back_with_what_was_written(
    client, services, but: dict[str, str], says: str
) -> None:
    response = await sends(client, **but)

    assert (response.status_code, services.asked) == (422, [])
    assert says in response.text
    assert "Your complaint has not been sent." in response.text
    written = (COMPLAINT | but)["words"].strip()
    assert written in response.text
    assert "<details open" in response.text or '<details class="complain" open' in (
        response.text
    )


async def test_a_form_of_the_longest_that_may_be_written_is_taken(client) -> None:
    """Four bytes a character, each of them percent-encoded."""
    response = await sends(client, words="𠮷" * WORDS_MOST, contact="𠮷" * 100)
    assert response.status_code == 200


async def test_what_cannot_be_taken_in_now_is_not_lost(
    client, services, monkeypatch
) -> None:
    def away(*_: object) -> None:
        raise Unavailable("database-does-not-answer")

    services.error = Unavailable("service-absent", service="complaints")
    monkeypatch.setattr(rows, "queue_up", away)
    response = await sends(client)

    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert "他们很凶。" in response.text
    assert KEY in response.text  # so that sent again it is the same complaint


async def test_whoever_complains_again_and_again_is_told_to_wait(client, services) -> None:
    for _ in range(PER_STRANGER):
        assert (await sends(client)).status_code == 200
    response = await sends(client)

    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert "他们很凶。" in response.text
    assert len(services.asked) == PER_STRANGER
    assert (await client.get(f"/d/{CODE}")).status_code == 200


# Guessing.


@pytest.fixture
def guesses(parts: Parts) -> Guesses:
    """What pauses there are is noted, and nobody waits."""
    found = parts.guesses
    found.slept = []

    async def sleep(seconds: float) -> None:
        found.slept.append(seconds)

    found.sleep = sleep
    return found


async def test_a_guesser_is_slowed_and_a_right_code_is_answered_all_the_same(
    client, services, guesses
) -> None:
    services.reply = NO
    codes = [badges.new() for _ in range(FREE + 6)]
    answers = [await client.get(f"/d/{code}") for code in codes]

    assert [each.status_code for each in answers] == [200] * FREE + [429] * 6
    waits = [int(each.headers["retry-after"]) for each in answers[FREE:]]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
    assert f"wait {waits[-1]} seconds" in answers[-1].text
    services.reply = YES
    right = await client.get(f"/d/{CODE}")
    assert right.status_code == 200
    assert "Yes, these two" in right.text
    assert guesses.slept[0] == 0
    assert guesses.slept[-1] > 1.9  # as long as a wrong one


async def test_who_is_slowed_can_still_complain(client, services, guesses) -> None:
    services.reply = NO
    for _ in range(FREE * 3):
        await client.get(f"/d/{badges.new()}")
    assert (await sends(client)).status_code == 200


async def test_when_all_places_are_held_it_says_so_and_looks_at_nothing(
    client, services, guesses
) -> None:
    guesses.here["127.0.0.1"] = 1_000
    response = await client.get(f"/d/{CODE}")

    assert (response.status_code, services.asked) == (429, [])
    assert "do not let them in" in response.text
    assert int(response.headers["retry-after"]) > 0


async def test_checks_of_programs_are_counted_with_the_others(
    client, services, guesses
) -> None:
    services.reply = NO
    for _ in range(FREE):
        body = {"code": badges.new()}
        assert (await client.post("/v1/badges/checks", json=body)).status_code == 200

    assert (await client.get(f"/d/{badges.new()}")).status_code == 429


# What surrounds it.


async def test_no_page_may_run_or_fetch_anything_or_be_kept(client, services) -> None:
    bad = await client.post(f"/d/{CODE}/complaint", content=b"{}")
    pages = [await client.get("/d"), await client.get(f"/d/{CODE}"), await sends(client)]
    for response in [*pages, bad]:
        policy = response.headers["content-security-policy"]
        assert re.fullmatch(
            r"default-src 'none'; style-src 'sha256-[\w+/]+=*'; form-action 'self'; "
            r"base-uri 'none'; frame-ancestors 'none'",
            policy,
        )
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-robots-tag"] == "noindex, nofollow"
        assert response.headers["vary"] == "Accept-Language"
        assert "set-cookie" not in response.headers
        page = Reader(response.text)
        assert not [
            tag for tag, _ in page.tags if tag in ("script", "img", "link", "iframe")
        ]
        handlers = [name for _, each in page.tags for name in each if name.startswith("on")]
        assert handlers == [] == [each for _, each in page.tags if "style" in each]
    assert bad.status_code == 415


async def test_a_hostile_text_is_shown_and_nothing_else(client, services, parts) -> None:
    evil = quote(HOSTILE.replace("/", ""), safe="")
    services.reply = YES | {"agency": HOSTILE, "staff_numbers": [HOSTILE, "$nothing{bank}"]}
    pages = [
        await client.get(f"/d/{CODE}", params={"lang": HOSTILE}),
        await client.get(f"/d/{evil}"),
        await client.get("/d", params={"code": HOSTILE, "lang": HOSTILE}),
        await sends(client, what="", words=f"</textarea>{HOSTILE}", contact=HOSTILE),
        await sends(client, code=evil, what="", key=HOSTILE),
    ]
    for response in pages:
        page = Reader(response.text)
        assert not page.all("script")
        assert not [each for each in page.tags if "alert" in str(each[1].keys())]
    assert "$nothing{bank}" in pages[0].text
    object.__setattr__(
        parts,
        "settings",
        parts.settings.model_copy(
            update={"bank_name_en": HOSTILE, "bank_complaints": HOSTILE}
        ),
    )
    assert not Reader((await client.get("/d")).text).all("script")


async def test_neither_log_nor_numbers_know_a_code_or_what_was_said(
    client, services, caplog
) -> None:
    with caplog.at_level(logging.DEBUG):
        await client.get(f"/d/{CODE}")
        await client.get("/d", params={"code": CODE})
        await client.get("/d/7KQ2M0XWT4/complaint")
        await sends(client)
        services.error = RuntimeError(CODE)
        await client.get(f"/d/{CODE}")
    said = "\n".join(
        OneLine().format(each) for each in caplog.records if each.name == "doorstep"
    )
    metrics = (await client.get("/metrics")).text

    for word in ("7KQ2M", "0XWT4", "很凶", "阳台"):
        assert word not in said
        assert word not in metrics
    assert {"badge_page", "badge_form", "badge_complaint"} <= {
        json.loads(line).get("message") for line in said.splitlines()
    }


async def test_head_is_the_same_without_a_body(client) -> None:
    for path in ("/d", f"/d/{CODE}"):
        whole, head = await client.get(path), await client.head(path)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        same = ("content-type", "content-language", "content-security-policy")
        for name in (*same, "content-length"):
            assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/d/", 404),
        ("GET", f"/d/{CODE}/", 404),
        ("GET", f"/d/{CODE}/more", 404),
        ("GET", "/dx", 404),
        ("POST", "/d", 405),
        ("POST", f"/d/{CODE}", 405),
        ("GET", f"/d/{CODE}/complaint", 405),
        ("DELETE", f"/d/{CODE}", 405),
    ],
)
async def test_there_is_nothing_else_here(client, method, path, status: int) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    assert status != 405 or response.headers["allow"]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"what=other", {"Content-Type": "text/plain"}, 415),
        (b"", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
        (b"what=other", {"Content-Type": MEDIA, "Content-Encoding": "gzip"}, 415),
        (b"x=" + b"y" * MOST, {"Content-Type": MEDIA}, 413),
        (b"what=\xff", {"Content-Type": MEDIA}, 400),
        (b"what=%ff", {"Content-Type": MEDIA}, 400),
        (b"a=&" * 50, {"Content-Type": MEDIA}, 400),
        (b"what=other", {"Content-Type": MEDIA, "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
async def test_what_is_no_form_of_ours_is_not_read(
    client, services, content: bytes, headers: dict[str, str], status: int
) -> None:
    response = await client.post(f"/d/{CODE}/complaint", content=content, headers=headers)

    assert (response.status_code, services.asked) == (status, [])
    assert "We could not read what your browser sent." in response.text


async def test_a_form_from_our_own_page_is_read_whatever_its_browser_says(client) -> None:
    for site in ("same-origin", "none"):
        headers = {"Sec-Fetch-Site": site, "Origin": "null"}
        answer = await client.post(f"/d/{CODE}/complaint", data=COMPLAINT, headers=headers)
        assert answer.status_code == 200


async def test_what_cannot_be_seen_is_in_no_complaint(client, services) -> None:
    words = "one\x00\u200b\u202etwo\tthree\r\nfour\x1b[31m"
    await sends(client, words=words, code=f"{CODE}%00%0a")

    [(_, command, _)] = services.asked
    assert command.words.endswith("\n\nonetwo three\nfour[31m")
    assert command.code == CODE


def test_all_of_it_is_open_and_under_one_policy() -> None:
    assert {door.policy for door, _ in DOORS} == {html.policy()}
    assert form.CHOICES.keys() == CHOICES.keys()


async def test_an_answer_is_counted_by_its_operation(client) -> None:
    def counted() -> float:
        labels = {"operation": "badge_page", "status": "200"}
        return REGISTRY.get_sample_value("doorstep_requests_total", labels) or 0.0

    before = counted()
    await client.get(f"/d/{CODE}")
    assert counted() == before + 1
