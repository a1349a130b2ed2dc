"""What the page says: each thing there is has its word, in both languages."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import pytest

import proto
from chassis import topology
from gateway.operations import Operations
from gateway.pages import FOLDER
from proto.base import Event, Role, Sealed, Standing
from proto.complaints import About, Channel, Verdict
from proto.decision import Act, Outcome
from proto.dispatch import CaseState, HoldReason, PlaceClass
from proto.facts import (
    Claim,
    LetterGiven,
    Relation,
    Stopped,
    WrongAddress,
)
from proto.field_visit import Cause, Danger, Ending, Irregularity, Judged, VisitState, Watch
from proto.letters import LetterState
from proto.looking import LookReason
from proto.media import Fault, MediaKind
from proto.oversight import BoardState
from proto.recovery import AuthorityState, CashReason
from proto.workforce import DeviceState
from tests.browser import clauses, scenes

LANGUAGES = ("zh-CN", "en")
SCRIPTS = sorted(FOLDER.glob("*.js"))

#: Where each kind of value has its words.
VALUES: dict[str, type[StrEnum]] = {
    "state": BoardState,
    "visit_state": VisitState,
    "ending": Ending,
    "hold": HoldReason,
    "outcome": Outcome,
    "act": Act,
    "media": MediaKind,
    "fault": Fault,
    "look_reason": LookReason,
    "by": Relation,
    "irregularity": Irregularity,
    "claim": Claim,
    "place_class": PlaceClass,
    "stopped": Stopped,
    "cause": Cause,
    "danger": Danger,
    "to": Watch,
    "channel": Channel,
    "about": About,
    "verdict": Verdict,
    "role": Role,
    "state_of_case_standing": CaseState,
    "state_of_cash_standing": AuthorityState,
    "state_of_authorisation_standing": LetterState,
    "state_of_device_standing": DeviceState,
}
#: Fields that are shown in another way, or are for programs.
UNSHOWN = {
    "at": "the entry's own time",
    "clauses": "each with its sentence",
    "currency": "beside its amount",
    "collectors": "ids; the board has their numbers",
    "people": "ids",
    "books": "names of rulebooks, for programs",
    "zone": "the clock the times are told by",
    "version": "for programs",
    "size": "beside the file",
    "sha256": "for programs",
    "badge_blind": "for programs",
    "public_key": "for programs",
    "head": "for programs",
    "root": "for programs",
    "key": "for programs",
    "script": "for phones",
    "plan": "the bank's, with the case",
    "liable": "the bank's, with the case",
    "paper": "an id and how it may be given",
}


def words(language: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{language}.json").read_text("utf-8"))


def keys(node: dict[str, Any], before: str = "") -> Iterator[str]:
    for name, under in node.items():
        if isinstance(under, dict):
            yield from keys(under, f"{before}{name}:")
        else:
            yield before + name


def events() -> list[type[Event]]:
    """Every event that is said; not the shapes that others are made of."""
    for module in pkgutil.iter_modules(proto.__path__):
        importlib.import_module(f"proto.{module.name}")
    found, todo = set(), [Event]
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        found.add(kind)
    said = found - {Event, Standing, Judged}
    return sorted(said, key=lambda kind: kind.topic())


def test_both_languages_say_the_same_things() -> None:
    chinese, english = (sorted(keys(words(each))) for each in LANGUAGES)
    assert chinese == english
    places = re.compile(r"\{\w+\}")
    for key in chinese:
        said = {language: find(words(language), key) for language in LANGUAGES}
        assert all(said.values()), key
        filled = [sorted(places.findall(text)) for text in said.values()]
        assert filled[0] == filled[1], key


def find(node: dict[str, Any], key: str) -> str:
    for part in key.split(":"):
        node = node[part]
    return str(node)


def test_every_event_has_its_words_and_no_other_has() -> None:
    assert set(words("en")["topic"]) == {event.topic() for event in events()}


@pytest.mark.parametrize("section", VALUES)
def test_every_value_has_its_words(section: str) -> None:
    said = set(words("en")["value"][section])
    assert said == {each.value for each in VALUES[section]}


def test_every_reason_has_its_words() -> None:
    """A field `reason` is why a case is held, or why cash may be taken."""
    said = set(words("en")["value"]["reason"])
    assert said == {each.value for kind in (HoldReason, CashReason) for each in kind}


def test_every_way_has_its_words() -> None:
    ways = [
        get_args(kind.model_fields["how"].annotation)
        for kind in (LetterGiven, WrongAddress)
    ]
    assert set(words("en")["value"]["how"]) == {way for each in ways for way in each}


def test_every_open_field_of_an_event_has_a_name_or_an_excuse() -> None:
    named, shown = set(words("en")["field"]), set()
    for event in events():
        for name, field in event.model_fields.items():
            if not for_programs(field.annotation):
                shown.add(name)
                missing = literals(field.annotation) - set(
                    words("en")["value"].get(name, ())
                )
                assert not missing, f"{event.topic()} {name}"
    assert shown - named - set(UNSHOWN) == set()
    assert named - shown == set(), "a name for a field that no event has"


def for_programs(kind: Any) -> bool:
    """Whether a field holds ids or what is sealed, and so nothing for people."""
    return bool({UUID, Sealed} & {kind, *get_args(kind)})


def literals(kind: Any) -> set[str]:
    return set(get_args(kind)) if get_origin(kind) is Literal else set()


def test_every_service_has_its_words() -> None:
    assert set(topology.SERVICES) <= set(words("en")["service"])


def test_every_key_in_the_scripts_has_words_and_every_sentence_is_said() -> None:
    text = "\n".join(script.read_text("utf-8") for script in SCRIPTS)
    asked = set(re.findall(r'"((?:ui|key|column|panel|value|topic):[a-z_:]+)"', text))
    known = set(keys(words("en")))
    assert asked - known == set()
    sentences = {key for key in known if key.startswith("ui:")}
    assert sentences - asked == set()


def test_clauses_are_as_the_books_say_them() -> None:
    """When this fails: `.venv/bin/python -m tests.browser.clauses`."""
    assert clauses.FILE.read_text("utf-8") == clauses.text()


def test_the_platform_of_the_scenes_has_the_shape_of_the_real_one() -> None:
    assert Operations.model_validate(scenes.operations()).landed.waiting == 4


def test_no_script_reads_markup_or_keeps_a_token() -> None:
    """What the policy would refuse at the last moment is not even written."""
    text = "\n".join(script.read_text("utf-8") for script in SCRIPTS)
    for forbidden in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ):
        assert forbidden not in text
    for kept in ("localStorage", "sessionStorage", "indexedDB", "document.cookie"):
        assert kept not in text
    assert not re.search(r"https?://", text)
