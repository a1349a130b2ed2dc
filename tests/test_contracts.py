"""The contracts as files: up to date, right by other people's schemas, and kept."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from chassis import topology
from doorstep.contracts import asyncapi, examples, files
from doorstep.contracts.breaking import broken, meant
from doorstep.contracts.messages import events, messages, name
from doorstep.contracts.schemas import Pair
from proto.base import Command, Envelope, Event

ROOT = Path(__file__).parent.parent
VENDOR = ROOT / "tests/vendor/schemas"
Contracts = dict[str, Any]
MADE: Contracts = files.made()


def vendored(file: str) -> Any:
    return json.loads((VENDOR / file).read_text("utf-8"))


def test_the_files_are_what_the_code_makes() -> None:
    assert files.stale(MADE) == [], "run `make contracts` and commit docs/contracts"


def test_what_is_old_missing_or_too_much_is_named_and_mended(tmp_path: Path) -> None:
    files.write(MADE, tmp_path)
    assert files.stale(MADE, tmp_path) == []
    (tmp_path / "schemas/base/Envelope.json").unlink()
    (tmp_path / "schemas/base/Gone.json").write_text("{}")
    (tmp_path / "openapi.json").write_text("{}")
    (tmp_path / "examples/base/Envelope.json").unlink()
    kept = tmp_path / "examples/dispatch/HoldCase.json"
    kept.write_text("sent last year")

    wrong = [
        "examples/base/Envelope.json",
        "openapi.json",
        "schemas/base/Envelope.json",
        "schemas/base/Gone.json",
    ]
    assert files.write(MADE, tmp_path) == wrong
    assert files.stale(MADE, tmp_path) == []
    assert kept.read_text() == "sent last year"


def test_they_are_the_same_wherever_they_are_made() -> None:
    """Another process keeps its sets in another order."""
    program = "from doorstep.contracts.files import made, text; print(text(made()), end='')"
    environment = {"PATH": os.defpath, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    other = subprocess.run(command, env=environment, capture_output=True, check=True)

    assert json.loads(other.stdout) == MADE
    assert other.stdout.decode() == files.text(MADE)


def test_openapi_is_openapi() -> None:
    validator = Draft202012Validator(vendored("openapi-3.1.json"))
    document = MADE["openapi.json"]

    assert [error.message for error in validator.iter_errors(document)] == []
    operations = [its for path in document["paths"].values() for its in path.values()]
    counted = Counter(each["operationId"] for each in operations)
    assert [name for name, count in counted.items() if count > 1] == []
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_asyncapi_is_asyncapi() -> None:
    validator = Draft7Validator(vendored("asyncapi-3.0.0.json"))

    assert [error.message for error in validator.iter_errors(MADE["asyncapi.json"])] == []


@pytest.mark.parametrize(
    ("file", "schema", "change"),
    [
        ("openapi.json", "openapi-3.1.json", lambda its: its["info"].pop("title")),
        ("openapi.json", "openapi-3.1.json", lambda its: its["paths"].update(x={})),
        ("asyncapi.json", "asyncapi-3.0.0.json", lambda its: its.pop("info")),
        (
            "asyncapi.json",
            "asyncapi-3.0.0.json",
            lambda its: its["channels"][topology.STREAM].update(addres="x"),
        ),
        (
            "asyncapi.json",
            "asyncapi-3.0.0.json",
            lambda its: next(iter(its["operations"].values())).update(action="shout"),
        ),
    ],
)
def test_other_peoples_schemas_find_what_is_planted(
    file: str, schema: str, change: Callable[[Contracts], object]
) -> None:
    planted = deepcopy(MADE[file])
    for whole in ("paths", "components"):  # the rest takes seconds, and is right
        planted.get(whole, {}).clear()
    change(planted)
    validator = Draft202012Validator if "openapi" in file else Draft7Validator

    assert list(validator(vendored(schema)).iter_errors(planted)) != []


@pytest.mark.parametrize("path", [path for path in MADE if path.startswith("schemas/")])
def test_a_schema_is_a_schema(path: str) -> None:
    Draft202012Validator.check_schema(MADE[path])


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


@pytest.mark.parametrize("path", MADE)
def test_every_reference_leads_somewhere(path: str) -> None:
    def there(reference: str) -> bool:
        file, _, place = reference.partition("#")
        node = MADE.get(file if file else path)
        for step in place.strip("/").split("/") if place else ():
            step = step.replace("~1", "/").replace("~0", "~")
            node = node.get(step) if isinstance(node, dict) else None
        return node is not None

    assert [each for each in references(MADE[path]) if not there(each)] == []


def test_who_says_and_who_hears_is_what_the_registry_says() -> None:
    operations = MADE["asyncapi.json"]["operations"]
    said = {each.partition(".sends.")[2] for each in operations if ".sends." in each}
    heard = [
        (each.partition(".receives.")[0], each.partition(".receives.")[2])
        for each in operations
        if ".receives." in each
    ]

    assert said == {event.topic() for event in events()}
    wanted = {service: set(topology.topics(service)) for service in topology.HEARS}
    assert {s: {t for who, t in heard if who == s} for s in wanted} == wanted
    assert set(MADE["asyncapi.json"]["channels"]) == {*said, topology.STREAM}


EXAMPLES = sorted((files.FOLDER / files.EXAMPLES).glob("*/*.json"))


@pytest.mark.parametrize(
    "file", EXAMPLES, ids=lambda file: f"{file.parent.name}/{file.stem}"
)
def test_what_was_sent_once_is_read_today(file: Path) -> None:
    """Whole: a field that is not known any more would be lost without a word."""
    kind = messages().get(f"{file.parent.name}/{file.stem}")
    assert kind is not None, f"{file.stem} was sent once, and nobody can read it"
    sent = json.loads(file.read_text("utf-8"))

    read = json.loads(kind.model_validate_json(json.dumps(sent)).model_dump_json())
    assert keeps(read, sent)
    schema = Draft202012Validator(MADE[f"schemas/{name(kind)}.json"])
    assert [error.message for error in schema.iter_errors(sent)] == []


def keeps(read: Any, sent: Any) -> bool:
    """Whether all that was sent is still there, at whatever depth; more may be."""
    if isinstance(sent, dict):
        return isinstance(read, dict) and all(
            key in read and keeps(read[key], value) for key, value in sent.items()
        )
    if isinstance(sent, list):
        return len(read) == len(sent) and all(map(keeps, read, sent))
    return bool(read == sent)


def test_every_command_and_event_has_its_example() -> None:
    there = {f"{file.parent.name}/{file.stem}" for file in EXAMPLES}

    assert there >= {*examples.wanted()}
    kinds = [messages()[each] for each in there]
    assert all(issubclass(kind, (Command, Event, Envelope)) for kind in kinds)


def test_an_event_is_what_its_channel_says() -> None:
    """By the files alone, as somebody would who has nothing else."""
    channels = MADE["asyncapi.json"]["components"]["messages"]
    for event in events():
        [envelope, own] = channels[event.topic()]["payload"]["schema"]["allOf"]
        data = json.loads(
            (files.FOLDER / f"examples/{name(event)}.json").read_text("utf-8")
        )
        said = Envelope(
            source=own["properties"]["source"]["const"],
            type=own["properties"]["type"]["const"],
            subject="s",
            time="2026-03-02T07:00:00Z",
            by="t",
            trace="t",
            data=data,
        )
        written = json.loads(said.model_dump_json())
        Draft202012Validator(MADE[envelope["$ref"]]).validate(written)
        Draft202012Validator(MADE[own["properties"]["data"]["$ref"]]).validate(data)
        assert asyncapi.message(event) == channels[event.topic()]


def test_nothing_breaks_that_is_not_meant_to() -> None:
    found = broken(files.released(), MADE)

    assert [each for each in found if each not in meant()] == []
    assert [each for each in meant() if each not in found] == [], "take these lines out"


def schema(path: str) -> Callable[[Contracts], Any]:
    return lambda contracts: contracts[f"schemas/{path}.json"]


def door(path: str, method: str) -> Callable[[Contracts], Any]:
    return lambda contracts: contracts["openapi.json"]["paths"][path][method]


HOLD = schema("dispatch/HoldCase")
HELD = schema("dispatch/CaseHeld")
JOURNAL = schema("field_visit/RecordJournal")
VISITS, CASE = door("/v1/visits", "get"), door("/v1/cases/{case_id}", "get")


def rename(node: Contracts, old: str, new: str) -> None:
    node["properties"][new] = node["properties"].pop(old)
    node["required"] = [new if each == old else each for each in node["required"]]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: c.pop("schemas/dispatch/CaseHeld.json"), "dispatch/CaseHeld is gone"),
        (lambda c: rename(HELD(c), "reason", "why"), "dispatch/CaseHeld.reason is gone"),
        (
            lambda c: rename(HOLD(c), "case_id", "the_case_id"),
            "dispatch/HoldCase.the_case_id must now be sent",
        ),
        (
            lambda c: HOLD(c)["required"].append("owner_id"),
            "dispatch/HoldCase.owner_id must now be sent",
        ),
        (
            lambda c: HELD(c)["required"].remove("reason"),
            "dispatch/CaseHeld.reason may now be missing",
        ),
        (
            lambda c: HELD(c)["$defs"]["HoldReason"]["enum"].remove("disputed"),
            "dispatch/CaseHeld.reason is never 'disputed' now",
        ),
        (
            lambda c: HELD(c)["properties"].update(case_id={"type": "integer"}),
            "dispatch/CaseHeld.case_id was string and is integer",
        ),
        (
            lambda c: HELD(c)["properties"]["case_id"].pop("format"),
            "dispatch/CaseHeld.case_id: format was 'uuid' and is None",
        ),
        (
            lambda c: JOURNAL(c)["$defs"]["CashHanded"]["properties"]["currency"].update(
                pattern="^CNY$"
            ),
            "pattern was '^[A-Z]{3}$' and is '^CNY$'",
        ),
        (
            lambda c: schema("field_visit/ListVisits")(c)["properties"]["limit"].update(
                maximum=10
            ),
            "field_visit/ListVisits.limit: maximum was 200 and is 10",
        ),
        (
            lambda c: schema("base/Envelope")(c)["properties"].update(
                subject={"anyOf": [{"type": "string"}, {"type": "null"}]}
            ),
            "base/Envelope.subject may now be null",
        ),
        (lambda c: c["openapi.json"]["paths"].pop("/v1/visits"), "GET /v1/visits is gone"),
        (lambda c: CASE(c)["x-roles"].remove("compliance"), "is closed to compliance"),
        (lambda c: CASE(c)["responses"].pop("200"), "no longer answers 200"),
        (
            lambda c: VISITS(c)["parameters"].append(
                {"in": "query", "name": "day", "required": True}
            ),
            "GET /v1/visits wants day",
        ),
        (lambda c: VISITS(c)["parameters"].pop(), "GET /v1/visits no longer takes after"),
        (
            lambda c: c["openapi.json"]["components"]["schemas"]["CaseShown"][
                "properties"
            ].pop("case_id"),
            "GET /v1/cases/{case_id} 200.case_id is gone",
        ),
        (
            lambda c: c["asyncapi.json"]["channels"].pop("dispatch.case_held"),
            "the channel dispatch.case_held is gone",
        ),
        (
            lambda c: c["asyncapi.json"]["operations"].pop(
                "dispatch.sends.dispatch.case_held"
            ),
            "dispatch.sends.dispatch.case_held: nobody does so now",
        ),
    ],
)
def test_what_breaks_is_said(change: Callable[[Contracts], object], sentence: str) -> None:
    planted = deepcopy(MADE)
    change(planted)

    assert [each for each in broken(MADE, planted) if sentence in each] != []


@pytest.mark.parametrize(
    "change",
    [
        lambda c: HOLD(c)["properties"].update(more={"type": "string"}),
        lambda c: HELD(c)["properties"].update(more={"type": "string"}),
        lambda c: HELD(c)["$defs"]["HoldReason"]["enum"].append("another"),
        lambda c: HOLD(c)["$defs"]["HoldReason"]["enum"].append("another"),
        lambda c: HOLD(c)["required"].remove("case_id"),
        lambda c: HELD(c).update(description="In other words."),
        lambda c: schema("field_visit/ListVisits")(c)["properties"]["limit"].update(
            maximum=1000
        ),
        lambda c: c["openapi.json"]["paths"].update({"/v1/new": CASE(c)}),
        lambda c: CASE(c)["x-roles"].append("supervisor"),
    ],
)
def test_what_only_adds_breaks_nothing(change: Callable[[Contracts], object]) -> None:
    planted = deepcopy(MADE)
    change(planted)
    assert planted != MADE

    assert broken(MADE, planted) == []


def test_a_shape_that_holds_itself_ends() -> None:
    tree = {
        "$defs": {"T": {"type": "object", "properties": {"t": {"$ref": "#/$defs/T"}}}},
        "$ref": "#/$defs/T",
    }
    other = deepcopy(tree)
    other["$defs"]["T"]["properties"]["n"] = {"type": "string"}  # type: ignore[index]

    assert list(Pair(other, tree, "out").breaks("T", other, tree)) == ["T.n is gone"]


def test_breaks_that_are_meant_are_read_from_their_page(tmp_path: Path) -> None:
    page = "# Title\n\nWords - and more.\n\n- A.b is gone -- nobody had it\n- C is gone\n"
    (tmp_path / "breaking.md").write_text(page)

    assert meant(tmp_path) == ["A.b is gone", "C is gone"]


def test_no_example_has_what_could_be_a_person() -> None:
    """They are made of their schemas, and lie in a repository that anybody reads."""
    words = "".join(file.read_text("utf-8") for file in EXAMPLES)

    assert re.findall(r"[\u4e00-\u9fff]", words) == []
