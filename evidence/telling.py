"""Tells a verdict in words: the grade, then what was proven and what was not."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from evidence.disclosing import hidden_in
from evidence.errors import EvidenceError
from evidence.verifying import Finding, Verdict

LANGUAGES = ("en", "zh-CN")
CODES = {"VERIFIED": 0, "FAILED": 1, "INTEGRITY ONLY": 3}

#: A sentence of the catalogue by its key, and what is put into it.
Said = tuple[str, Mapping[str, object]]


@cache
def words(language: str) -> dict[str, dict[str, str]]:
    """Return the catalogue of a language."""
    path = Path(__file__).with_name(f"words.{language}.json")
    found: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def language_here() -> str:
    """Return the language that this terminal is set to."""
    return "zh-CN" if os.environ.get("LANG", "").startswith("zh") else "en"


def told(verdict: Verdict, language: str) -> Iterator[str]:
    """Give the lines of a verdict."""
    if verdict.reason is not None:
        reason = said(language, "reason", verdict.reason.key, verdict.reason.values)
        yield said(
            language, "grade", verdict.grade, {"at": verdict.reason.at, "reason": reason}
        )
    if verdict.finding is not None:
        yield said(language, "grade", verdict.grade, {})
        fits = "proven" if verdict.anchors.seals else "fits"
        yield said(language, "heading", fits, {})
        for key, values in proven(verdict.finding):
            yield f"- {said(language, 'proven', key, values)}"
        yield said(language, "heading", "not_proven", {})
        for key, values in not_proven(verdict.finding, verdict):
            yield f"- {said(language, 'not_proven', key, values)}"


def cannot(error: EvidenceError, language: str) -> str:
    """Return why it could not be tried, and what to do."""
    return said(language, "cannot", error.key, error.values)


def said(language: str, group: str, key: str, values: Mapping[str, object]) -> str:
    """Return a sentence; nothing that stands in a bundle moves the reader's cursor."""
    put = {name: printable(value) for name, value in values.items()}
    return words(language)[group][key].format(**put)


def printable(value: object) -> str:
    if isinstance(value, (list, tuple)):
        value = ", ".join(map(str, value)) or "-"
    return "".join(each if each.isprintable() else "�" for each in str(value))


def proven(found: Finding) -> Iterator[Said]:
    """Give what was proven, the most important first."""
    first, newest = found.sealed[0][1], found.newest
    yield (
        "sealed",
        {
            "records": len(found.records),
            "visit": newest.visit_id,
            "bank": newest.bank,
            "parts": newest.part,
            "first": first.sealed_at,
            "last": newest.sealed_at,
            "suite": found.suite.name,
            "kid": newest.key,
        },
    )
    if newest.grade == "proven":
        yield "grade", {}
    yield "copied", {"kid": found.copier}
    for journal in found.journals:
        if journal.entries:
            yield "phone", vars(journal)
    if found.presences:
        yield "present", {"count": found.presences}
    if found.files.there:
        yield "media", {"count": found.files.there}
    if found.shown:
        yield "shown", {"count": len(found.shown)}
    yield from _log_proven(found)
    yield from _stamps(found, "stamped", ended=False)


def _log_proven(found: Finding) -> Iterator[Said]:
    trees = found.log.trees
    if found.log.parts:
        newest = {"at": trees[-1].at, "size": trees[-1].size}
        yield "logged", {"parts": found.log.parts} | newest
    if len(trees) > 1:
        yield "log_grew", {"old": trees[0].size, "new": trees[-1].size}
    for tree in found.confirmed:
        parts = [h.part for s, h in found.sealed if (s.leaf or 0) < tree.size]
        inside = [part for part in parts if part in found.log.parts]
        yield "confirmed", vars(tree) | {"parts": inside}


def not_proven(found: Finding, verdict: Verdict) -> Iterator[Said]:
    """Give what was not proven, the most important first."""
    if not verdict.anchors.seals:
        yield "no_key", {}
        yield "copier", {"kid": found.copier}
    if came_with_a_bundle():
        yield "inside_verifier", {}
    elif not found.own_copy:
        yield "other_verifier", {}
    if found.newest.grade != "proven":
        yield "kept", {"reasons": found.newest.reasons}
    yield from _content_not_proven(found)
    yield from _log_not_proven(found)
    yield from _moments_not_proven(found)


def came_with_a_bundle() -> bool:
    """Say whether these modules stand in an unpacked bundle."""
    return any(Path(__file__).parent.parent.glob("tagmanifest-*.txt"))


def _content_not_proven(found: Finding) -> Iterator[Said]:
    missing = [n for n, name in hidden_in(found.records) if (n, name) not in found.shown]
    if missing:
        kinds = Counter(found.records[n - 1].kind for n in missing)
        each = [f"{kind} {count}" for kind, count in sorted(kinds.items())]
        yield "hidden", {"count": len(missing), "kinds": each}
    if found.files.withheld:
        yield "withheld", {"count": len(found.files.withheld)}
    if found.files.erased:
        yield "erased", {"count": len(found.files.erased)}
    for journal in found.journals:
        if count := journal.entries - journal.signed:
            yield "unsigned", {"device": journal.device, "count": count}
    check_ins = sum(record.kind == "check_in" for record in found.records)
    if unsigned := check_ins - found.presences:
        yield "presences", {"count": unsigned}
    if found.journals:
        yield "phone_keys", {}


def _log_not_proven(found: Finding) -> Iterator[Said]:
    if outside := _parts_without(found, found.log.parts):
        yield "unlogged", {"parts": outside}
    if not found.confirmed:
        yield "unconfirmed", {"sizes": [tree.size for tree in found.log.trees]}


def _moments_not_proven(found: Finding) -> Iterator[Said]:
    yield "later", {"last": found.newest.sealed_at}
    yield "clocks", {}
    if not found.stamps:
        yield "no_stamps", {}
        return
    yield from _stamps(found, "ended_stamp", ended=True)
    if untried := [part for part in found.stamps if part not in found.stamped]:
        yield "untried_stamps", {"parts": untried}
    if without := _parts_without(found, found.stamps):
        yield "unstamped", {"parts": without}


def _stamps(found: Finding, key: str, *, ended: bool) -> Iterator[Said]:
    for part, stamp in found.stamped.items():
        if stamp.ended is ended:
            yield key, {"part": part, "at": stamp.at}


def _parts_without(found: Finding, parts: Iterable[int]) -> list[Any]:
    return [head.part for _, head in found.sealed if head.part not in set(parts)]
