"""From the lines of a sealed visit to what its report says, and from nothing else."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from evidence.errors import DoesNotFit
from evidence.filed import erased_in
from evidence.records import FILE
from services.field_visit.jobs.report.chain import Sealed, unite
from services.field_visit.jobs.report.report import (
    Breach,
    Clause,
    Coverage,
    File,
    Gap,
    Refusal,
    Report,
    Seal,
    Whom,
)

#: What an answer is that was no refusal.
ALLOWED = "proceed"
#: Verdicts that somebody reads a report for.
AGAINST = ("breach", "suspected", "unknowing")
#: The body of an entry's record, and the entry itself, if it is disclosed.
Told = tuple[dict[str, Any], dict[str, Any] | None]


def read(
    records: bytes, heads: bytes, disclosures: bytes, *, bank: str, verify_at: str
) -> Report:
    """Return what the report of `records.jsonl`, `heads.jsonl` and `disclosures.jsonl` of
    a bundle says; of the last any line may be absent. Raises DoesNotFit.
    """
    sealed = unite(records, heads, disclosures)
    visit = only(sealed, "visit")
    zone = ZoneInfo(visit["zone"])
    ending = newest(sealed, "ending")
    told = list(entries(sealed))
    names = called(sealed, visit)
    return Report(
        bank=bank,
        verify_at=verify_at,
        visit=str(sealed.head.visit_id),
        case=names["case"],
        agency=names["agency"],
        pair=tuple(names["pair"]),
        letter=names["letter"],
        debtor=hidden(sealed, "visit", "debtor", "debtor_name"),
        place=hidden(sealed, "visit", "place", "address"),
        zone=zone.key,
        planned=(at(visit["not_before"], zone), at(visit["not_after"], zone)),
        arrived=first(at(each["at"], zone) for each in bodies(sealed, "check_in")),
        left=at(ending["at"], zone) if ending.get("at") else None,
        ending=ending.get("ending"),
        cause=ending.get("cause"),
        closed_by=ending.get("by"),
        met=whom(told),
        coverage=coverage(newest(sealed, "coverage"), zone),
        refusals=tuple(refusals(sealed, zone)),
        breaches=tuple(breaches(told, zone)),
        corrections=tuple(at(each.at, zone) for each in sealed.of("correction")),
        erased=len(sealed.of("erased")),
        files=(kept := files(sealed)),
        files_digest=list_digest(sealed, kept),
        seal=seal(sealed, zone),
    )


def at(moment: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(moment).astimezone(zone)


def first(moments: Iterable[datetime]) -> datetime | None:
    return min(moments, default=None)


def bodies(sealed: Sealed, kind: str) -> list[dict[str, Any]]:
    return [record.body for record in sealed.of(kind)]


def only(sealed: Sealed, kind: str) -> dict[str, Any]:
    """Return the newest body of a kind. Raises DoesNotFit when there is none."""
    if not (found := newest(sealed, kind)):
        raise DoesNotFit("missing", FILE, kind=kind)
    return found


def newest(sealed: Sealed, kind: str) -> dict[str, Any]:
    """Return the newest body of a kind, or an empty one."""
    return next(reversed(bodies(sealed, kind)), {})


def called(sealed: Sealed, visit: dict[str, Any]) -> dict[str, Any]:
    """Return by what people call case, agency, pair and letter, or else their ids."""
    ids = {name: visit[name] for name in ("agency", "letter")}
    ids["case"] = sealed.head.case_id
    record = sealed.of("visit")[-1]
    names = sealed.disclosed.get((record.n, "names"), {})
    numbers = names.get("pair") or [None] * len(visit["pair"])
    pair = [no or each for no, each in zip(numbers, visit["pair"], strict=True)]
    return ids | names | {"pair": pair}


def hidden(sealed: Sealed, kind: str, name: str, member: str) -> str | None:
    """Return a member of what the newest such record hides, if it is disclosed."""
    for record in reversed(sealed.of(kind)):
        if found := sealed.disclosed.get((record.n, name)):
            return str(found[member]) if found.get(member) else None
    return None


def entries(sealed: Sealed) -> Iterable[Told]:
    """Yield the body of each entry's record, and the entry; None where it is hidden."""
    for record in sealed.of("entry"):
        if (text := record.body.get("text")) is None:
            yield record.body, sealed.disclosed.get((record.n, "text"))
        else:
            yield record.body, json.loads(text)


def whom(told: Sequence[Told]) -> Whom | None:
    """Return whom they met, in order, by entries that count for the pair.

    None when one of those is hidden: an agency's copy does not tell who was spoken with.
    """
    counting = [entry for body, entry in told if body.get("counts")]
    if None in counting:
        return None
    facts = [entry["fact"] for entry in counting if entry]
    met = [each["relation"] for each in facts if each["kind"] == "person_met"]
    return Whom(
        relations=tuple(dict.fromkeys(met)),
        identified=any(each["kind"] == "identified" for each in facts),
    )


def breaches(told: Sequence[Told], zone: ZoneInfo) -> Iterable[Breach]:
    for body, entry in told:
        if body.get("verdict") in AGAINST:
            yield Breach(
                at=at(entry["at"], zone) if entry else None,
                verdict=body["verdict"],
                what=entry["fact"]["kind"] if entry else None,
                clauses=tuple(Clause(each) for each in body["clauses"]),
            )


def refusals(sealed: Sealed, zone: ZoneInfo) -> Iterable[Refusal]:
    for body in bodies(sealed, "decision"):
        if body["outcome"] == ALLOWED:
            continue
        yield Refusal(
            at=at(body["decided_at"], zone),
            act=body["act"],
            outcome=body["outcome"],
            clauses=tuple(Clause(each["clause"], each["cite"]) for each in body["reasons"]),
        )


def coverage(body: dict[str, Any], zone: ZoneInfo) -> Coverage | None:
    """Return what `services/field_visit/model/coverage.py:record` has said."""
    if not body:
        return None
    return Coverage(
        recorded_s=body["recorded_s"],
        talk_s=body["talk_s"],
        gaps=tuple(
            Gap(at(each["begins_at"], zone), at(each["ends_at"], zone), each["reason"])
            for each in body["gaps"]
        ),
    )


def files(sealed: Sealed) -> tuple[File, ...]:
    """Return the files, each once: a later part may say again what was found in one."""
    gone = erased_in(sealed.records)
    kinds = {body["sha256"]: body["kind"] for body in bodies(sealed, "file")}
    return tuple(File(kind, sha256, sha256 in gone) for sha256, kind in kinds.items())


def list_digest(sealed: Sealed, kept: tuple[File, ...]) -> str:
    """Return the suite's hash of all digests, sorted, each ended by a line feed."""
    lines = "".join(f"{sha256}\n" for sha256 in sorted({each.sha256 for each in kept}))
    return sealed.head.suite.hex(lines.encode())


def seal(sealed: Sealed, zone: ZoneInfo) -> Seal:
    head = sealed.head
    return Seal(
        part=head.part,
        at=at(head.sealed_at, zone),
        grade=head.grade,
        reasons=head.reasons,
        digest=sealed.digest,
        hash=head.suite.hash,
        leaf=sealed.leaf,
        key=head.key,
        records=head.records,
    )
