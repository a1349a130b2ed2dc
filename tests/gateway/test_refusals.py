"""The body of a refusal is a contract; the docs show two, and they are real ones."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

import rulebook
from gateway.asks import ASKS, Ask, reasons
from gateway.openapi import document
from gateway.problems import NotAllowed
from gateway.wording import Language, catalogue
from proto.base import Problem, Role
from proto.decision import Act, Judgement, Reason
from proto.field_visit import Clearance
from proto.recovery import CashAnswer
from rulebook import DoorFacts, MoneyFacts
from tests.gateway.stand_in import Bearer, StandIn
from tests.rulebook.conftest import facts, money_facts
from tests.rulebook.test_cases import THAT_DAY

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).parents[2] / "docs" / "refusals.md"
MAINLAND = ("CN-PLEDGE", "CN-CARDSTD", "CN-OUTREQ", "CONTRACT-DEMO")
TAIWAN = ("CN-PLEDGE", "TW-2005", "CONTRACT-DEMO")
VISIT = UUID("01926f3a-7c1e-7000-8000-000000000001")
DECISION = UUID("01926f3a-7c1e-7000-8000-000000000002")
TRACE = "urn:uuid:01926f3a-7c1e-7000-8000-000000000003"
CASE = UUID("01926f3a-7c1e-7000-8000-000000000004")
AUTHORITY = UUID("01926f3a-7c1e-7000-8000-000000000005")
#: What every reason has, for people and for programs.
MEMBERS = ["book", "cite", "clause", "cure", "key", "outcome", "quote", "says", "values"]


@dataclass(frozen=True)
class Example:
    """An ask that is refused: who asks where, with what, and what the service answers."""

    role: Role
    path: str
    body: dict[str, Any]
    told: Judgement
    clauses: list[str]

    @property
    def reply(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.told.model_dump_json())
        return found


def decision(
    act: Act, known: DoorFacts | MoneyFacts, books: tuple[str, ...]
) -> dict[str, Any]:
    verdict = rulebook.judge(act, known, books, THAT_DAY)
    at = known.now if isinstance(known, MoneyFacts) else known.starts_at
    return vars(verdict) | {"decision_id": DECISION, "decided_at": at}


def offered() -> Example:
    """What field_visit answers when cash is offered and nobody has allowed it."""
    money = {"payment": {"what": "cash", "amount": "3000.00", "currency": "CNY"}}
    refused = decision(Act.COLLECT_CASH, facts(cash=None, **money), MAINLAND)
    script = rulebook.script("door.refuse_money")
    return Example(
        Role.FIELD_COLLECTOR,
        f"/v1/visits/{VISIT}/asks/collect-cash",
        {"amount": "3000.00"},
        Clearance(visit_id=VISIT, decision=refused, script=script),
        ["4.30", "4.32"],
    )


def never() -> Example:
    """What recovery answers an officer under a book by which cash is never taken."""
    refused = decision(Act.AUTHORISE_CASH, money_facts(), TAIWAN)
    wanted = {
        "authority_id": str(AUTHORITY),
        "reason": "limited_mobility",
        "cap": "1000.00",
        "good_until": "2026-03-02T12:00:00+08:00",
    }
    return Example(
        Role.BANK_OFFICER,
        f"/v1/cases/{CASE}/cash-authorities",
        wanted,
        CashAnswer(authority_id=AUTHORITY, state=None, decision=refused),
        ["21.038"],
    )


EXAMPLES = {"collect_cash": offered(), "authorise_cash": never()}


async def asked(
    client: httpx.AsyncClient, bearer: Bearer, example: Example, language: str
) -> httpx.Response:
    headers = bearer(example.role) | {
        "Accept-Language": language,
        "Idempotency-Key": str(VISIT),
    }
    return await client.post(example.path, headers=headers, json=example.body)


@pytest.mark.parametrize("act", EXAMPLES)
async def test_a_refusal_is_the_one_in_the_docs(
    client: httpx.AsyncClient, bearer: Bearer, services: StandIn, act: str
) -> None:
    services.reply = EXAMPLES[act].reply

    answer = await asked(client, bearer, EXAMPLES[act], "en")

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    shown = answer.json() | {"instance": TRACE}
    assert shown == in_the_docs(act), "run python -m tests.gateway.test_refusals"


@pytest.mark.parametrize("act", EXAMPLES)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_every_reason_has_its_words_in_both_languages_and_the_source_s_own(
    client, bearer: Bearer, services: StandIn, act: str, language: str
) -> None:
    services.reply = EXAMPLES[act].reply

    body = (await asked(client, bearer, EXAMPLES[act], language)).json()

    NotAllowed.model_validate(body)
    reasons = body["decision"]["reasons"]
    assert [reason["clause"] for reason in reasons] == EXAMPLES[act].clauses
    for reason in reasons:
        assert sorted(reason) == MEMBERS
        assert set(reason["says"]) == set(reason["cure"]) == {"zh-CN", "en"}
        assert reason["quote"]
        assert reason["says"][language] in body["detail"]
        assert reason["cure"][language] in body["detail"]


def test_the_page_names_every_member_and_no_other() -> None:
    bodies = [in_the_docs(act) for act in EXAMPLES]
    shown = {name for each in bodies for name in each}

    assert named("the body") == shown
    assert shown == set(NotAllowed.model_fields) - {"errors"}  # errors are of other kinds
    assert [set(each["decision"]) for each in bodies] == [named("the decision")] * 2
    assert named("a reason") == set(MEMBERS) == set(Reason.model_fields)


def test_what_is_asked_at_the_bank_has_a_state_and_no_script() -> None:
    """As the page says of a cash authority."""
    door, bank = (set(each.reply) for each in EXAMPLES.values())

    assert (door - bank, bank - door) == (
        {"visit_id", "script", "ahead", "payment_code"},
        {"authority_id", "state"},
    )


JUDGED = [ask for ask in ASKS if issubclass(ask.reply, Judgement)]


@pytest.mark.parametrize("ask", JUDGED, ids=lambda ask: ask.command.operation())
def test_whatever_is_judged_says_so_in_the_api_s_description(
    app: FastAPI, ask: Ask
) -> None:
    described = document(app)["paths"][ask.path]["post"]["responses"]

    refusal = described["403"]["content"]["application/problem+json"]["schema"]
    assert refusal == {"$ref": "#/components/schemas/NotAllowed"}
    assert {"200", "202"} <= set(described)


def test_every_act_can_be_asked_and_so_refused(app: FastAPI) -> None:
    schemas = document(app)["components"]["schemas"]
    by_door = {ask.command.operation() for ask in JUDGED}

    assert by_door == {act.value for act in Act} | {"confirm_cash"}
    assert set(schemas["NotAllowed"]["properties"]) == set(NotAllowed.model_fields)
    plain = [ask for ask in ASKS if ask not in JUDGED and "403" in responses(app, ask)]
    assert plain
    for ask in plain:
        content = responses(app, ask)["403"]["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}


def responses(app: FastAPI, ask: Ask) -> dict[str, Any]:
    found: dict[str, Any] = document(app)["paths"][ask.path][ask.method.lower()]
    return dict(found["responses"])


def named(what: str) -> set[str]:
    """The members in the first column of a table of the page."""
    rows = DOCS.read_text("utf-8").partition(f"| member of {what} |")[2]
    first = [row.split("|")[1] for row in rows.split("\n\n")[0].splitlines()[2:]]
    return {name for cell in first for name in re.findall(r"`(\w+)`", cell)}


def body(example: Example, act: str, language: Language) -> dict[str, Any]:
    """What the gateway makes of it, for the docs."""
    problem = Problem(kind="not-allowed", status=403, values={"act": act})
    said = catalogue(language).problem(problem)
    return {
        "type": "/problems/not-allowed",
        "title": said.title,
        "status": 403,
        "detail": reasons(example.told, language),
        "instance": TRACE,
    } | example.reply


def in_the_docs(act: str) -> Any:
    text = DOCS.read_text("utf-8").partition(f"<!-- refusal: {act} -->\n```json\n")[2]
    return json.loads(text.partition("```")[0])


def written(act: str, page: str) -> str:
    """The page with this refusal as it is."""
    mark = f"<!-- refusal: {act} -->\n```json\n"
    before, _, rest = page.partition(mark)
    shown = json.dumps(body(EXAMPLES[act], act, "en"), ensure_ascii=False, indent=2)
    return f"{before}{mark}{shown}\n```{rest.partition('```')[2]}"


if __name__ == "__main__":
    text = DOCS.read_text("utf-8")
    for name in EXAMPLES:
        text = written(name, text)
    DOCS.write_text(text, "utf-8")
