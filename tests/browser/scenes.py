"""Days, visits and files for the fake gateway, of the contract's own shapes."""

import io
import math
import random
import struct
import wave
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from PIL import Image, ImageDraw

from proto import ids
from proto.dispatch import HoldReason
from proto.facts import Stopped
from proto.field_visit import CollectorsArrived, Watch
from proto.media import Fault, Inspection, MediaKind, MediaShown
from proto.oversight import (
    Against,
    BankVisit,
    BoardState,
    Duty,
    HelpAlert,
    TimelineEntry,
)
from proto.recording import CoverageShown, GapShown, SegmentShown

DAY = date(2026, 3, 2)
#: 15:00 at a door in Shanghai.
AFTERNOON = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
AGENCY = ids.named("agency", "harbour")

REFUSALS = (
    ("field_visit.entry_not_allowed", ("4.29", "21.090")),
    ("field_visit.talk_not_allowed", ("4.10", "4.11", "4.17", "13.08")),
    ("field_visit.check_in_not_allowed", ("4.27", "C.02")),
    ("field_visit.cash_not_allowed", ("4.30", "4.32", "21.038")),
)
BREACH = ("field_visit.breach_recorded", ("C.06",))


def visit(number: int, **but: Any) -> BankVisit:
    """A planned visit; `but` is what is its own."""
    begins = AFTERNOON - timedelta(hours=5) + timedelta(minutes=5 * (number // 2))
    plain = {
        "visit_id": ids.named("visit", f"scene-{number}"),
        "case_id": ids.named("case", f"scene-{number}"),
        "case_number": f"WA-2026-{number:04}",
        "agency_id": AGENCY,
        "agency": "harbour",
        "collectors": (f"HG{1000 + number % 40}", f"HG{2000 + number % 37}"),
        "zone": "Asia/Shanghai",
        "not_before": begins,
        "not_after": begins + timedelta(hours=2),
        "state": BoardState.PLANNED,
        "ending": None,
        "withdrawn": False,
        "last_topic": "dispatch.visit_planned",
        "last_at": AFTERNOON - timedelta(hours=20),
    }
    return BankVisit(**(plain | but))


def against(kind: tuple[str, tuple[str, ...]], minutes: int) -> Against:
    at = AFTERNOON - timedelta(minutes=minutes)
    topic, clauses = kind
    return Against(
        event_id=ids.new(), topic=topic, clauses=clauses, decision_id=ids.new(), at=at
    )


def day(count: int = 12) -> list[BankVisit]:
    """A day as days are: some over, some at a door, one refused, one held."""
    return [some(number, random.Random(number)) for number in range(1, count + 1)]


def some(number: int, chance: random.Random) -> BankVisit:
    happened = AFTERNOON - timedelta(minutes=chance.randint(1, 200))
    said = REFUSALS[number % len(REFUSALS)]
    match number % 8:
        case 1 | 5:
            return visit(
                number,
                state=BoardState.LEFT,
                ending=("talked", "nobody_home", "declined")[number % 3],
                media=number % 4,
                last_topic="field_visit.collectors_left",
                last_at=happened,
            )
        case 2:
            refused = against(said, chance.randint(1, 90))
            return visit(
                number,
                state=BoardState.AT_DOOR,
                against=(refused,),
                refusals=1 + number % 3,
                media=3,
                faulty_media=1,
                last_topic=refused.topic,
                last_at=refused.at,
            )
        case 3:
            return visit(
                number,
                state=BoardState.INSIDE,
                media=2,
                last_topic="field_visit.entry_allowed",
                last_at=happened,
            )
        case 4:
            refused = against(REFUSALS[2], chance.randint(1, 90))
            return visit(
                number,
                state=BoardState.REFUSED,
                against=(refused,),
                refusals=1,
                last_topic=refused.topic,
                last_at=refused.at,
            )
        case 6:
            holds = (HoldReason.DISPUTED, HoldReason.COMPLAINT)[: 1 + number % 2]
            return visit(
                number,
                withdrawn=True,
                holds=holds,
                last_topic="dispatch.case_held",
                last_at=happened,
            )
        case 7 if number > 8:
            broke = against(BREACH, chance.randint(1, 90))
            return visit(
                number,
                state=BoardState.LEFT,
                ending="not_admitted",
                against=(broke,),
                breaches=1,
                last_topic="field_visit.collectors_left",
                last_at=happened,
            )
    return visit(number)


def duty(hours: float, **but: Any) -> Duty:
    """What the bank has to report, so many hours from now on (21.054)."""
    by = datetime.now(UTC) + timedelta(hours=hours)
    plain = {"danger_id": ids.new(), "clauses": ("C.38",), "report_by": by}
    return Duty(**(plain | but))


def trouble() -> list[BankVisit]:
    """A day on which much went wrong at once: each visit in a state of its own."""
    heard = call(30, acknowledged_at=AFTERNOON)
    danger = (HoldReason.DANGER,)
    ways: tuple[dict[str, Any], ...] = (
        # Nobody has acted for minutes, and everybody on watch was told by now.
        {"state": BoardState.AT_DOOR, "cause": "danger", "withdrawn": True, "holds": danger}
        | {
            "help": (call(4, collector="HG1001", told=Watch.EVERYBODY),),
            "duties": (duty(24),),
        }
        | {"last_topic": "field_visit.help_climbed"},
        # Both of a pair called, inside: one climb for both.
        {"state": BoardState.INSIDE, "cause": "danger", "withdrawn": True, "holds": danger}
        | {
            "help": (call(1, collector="HG1002"), call(0.5, collector="HG2002")),
            "duties": (duty(24),),
        }
        | {"last_topic": "field_visit.help_called"},
        # One fell ill: the other is to end and leave.
        {"state": BoardState.AT_DOOR, "cause": "ill"}
        | {"last_topic": "field_visit.visit_cut_short"},
        # Over before its time, heard, held, and the report is late.
        {"state": BoardState.LEFT, "ending": "ended_early", "cause": "danger"}
        | {"withdrawn": True, "holds": danger, "help": (heard,), "duties": (duty(-2),)}
        | {"last_topic": "dispatch.danger_report_overdue"},
        {"state": BoardState.LEFT, "ending": "ended_early", "cause": "phone_dead"}
        | {"last_topic": "field_visit.collectors_left"},
        {"state": BoardState.LEFT, "ending": "ended_early", "cause": "danger"}
        | {"withdrawn": True, "holds": danger, "help": (heard,)}
        | {"duties": (duty(20, reported_at=AFTERNOON),)}
        | {"last_topic": "dispatch.danger_reported"},
        {"state": BoardState.LEFT, "ending": "never_ended"}
        | {"last_topic": "field_visit.collectors_left"},
    )
    return [visit(n, last_at=AFTERNOON, **way) for n, way in enumerate(ways, 1)]


def call(minutes: float = 2, **but: Any) -> HelpAlert:
    plain = {
        "help_id": ids.new(),
        "collector": "HG1003",
        "called_at": datetime.now(UTC) - timedelta(minutes=minutes),
    }
    return HelpAlert(**(plain | but))


def arrived(visit: BankVisit) -> CollectorsArrived:
    about = visit.model_dump(include={"visit_id", "case_id", "agency_id"})
    return CollectorsArrived(**about, at=AFTERNOON)


def entry(visit: BankVisit, topic: str, minutes: float, **data: Any) -> TimelineEntry:
    """An event of a visit, so many minutes after its window began."""
    about = visit.model_dump(mode="json", include={"visit_id", "case_id", "agency_id"})
    at = visit.not_before + timedelta(minutes=minutes)
    return TimelineEntry(
        event_id=ids.new(),
        at=at,
        said_at=at + timedelta(minutes=data.pop("late", 0)),
        topic=topic,
        source=topic.partition(".")[0],
        visit_id=visit.visit_id,
        case_id=visit.case_id,
        clauses=tuple(data.pop("clauses", ())),
        data=about | {"at": at.isoformat()} | data,
    )


def story(visit: BankVisit, files: list[MediaShown]) -> list[TimelineEntry]:
    """What happened at a visit: from its planning to its end."""
    photo, sound = files[0], files[-1]
    planned = {
        "zone": visit.zone,
        "not_before": visit.not_before.isoformat(),
        "not_after": visit.not_after.isoformat(),
        "books": ["CN-PLEDGE", "TW-2005"],
    }
    kept = {"media_id": str(photo.media_id), "kind": "photo"}
    heard = {"media_id": str(sound.media_id), "kind": "audio"}
    by = {"by": "parent"}
    return [
        entry(visit, "dispatch.visit_planned", -1200, **planned),
        entry(
            visit,
            "field_visit.check_in_not_allowed",
            4,
            outcome="wait",
            clauses=["4.27"],
        ),
        entry(visit, "field_visit.collectors_arrived", 6.2),
        entry(visit, "field_visit.media_received", 7, size=photo.size, **kept),
        entry(visit, "field_visit.media_inspected", 7.1, fault=None, **kept),
        entry(
            visit,
            "field_visit.talk_not_allowed",
            9,
            outcome="stop",
            clauses=["4.10", "4.11", "4.17", "13.08"],
        ),
        entry(visit, "field_visit.consent_recorded", 10, answer="given", **by),
        entry(
            visit,
            "field_visit.entry_not_allowed",
            10.4,
            outcome="stop",
            clauses=["4.29", "21.090"],
        ),
        entry(
            visit,
            "field_visit.money_left_behind",
            14,
            amount="300.00",
            currency="CNY",
            counted_by_both=True,
            late=12,
        ),
        entry(visit, "field_visit.debt_disputed", 15, claim="already_paid"),
        entry(visit, "field_visit.media_received", 19, size=sound.size, **heard),
        entry(visit, "field_visit.collectors_left", 20, ending="third_party"),
    ]


def files(visit: BankVisit) -> tuple[list[MediaShown], dict[str, tuple[bytes, str]]]:
    """Two photos, one that cannot be read, one not looked at yet, and a sound."""
    shown, kept = [], {}
    for number in range(2):
        bytes_ = picture(number)
        photo = medium(
            visit,
            number,
            MediaKind.PHOTO,
            bytes_,
            found=Inspection(
                width=1280,
                height=960,
                has_position=number == 0,
                thumbnail="0" * 64,
                stripped="0" * 64,
            ),
        )
        shown.append(photo)
        kept[str(photo.media_id)] = (bytes_, "image/jpeg")
        kept[f"{photo.media_id}/thumbnail"] = (picture(number, 320), "image/jpeg")
    torn = picture(2)[:900]
    unreadable = Inspection(fault=Fault.UNREADABLE)
    shown.append(medium(visit, 2, MediaKind.PHOTO, torn, found=unreadable))
    shown.append(medium(visit, 3, MediaKind.PHOTO, picture(3)))
    bytes_ = tone()
    heard = Inspection(seconds=3.0, silent=0.12, clipped=0.01)
    audio = medium(visit, 4, MediaKind.AUDIO, bytes_, found=heard)
    kept[str(audio.media_id)] = (bytes_, "audio/wav")
    return [*shown, audio], kept


def medium(
    visit: BankVisit,
    number: int,
    kind: MediaKind,
    content: bytes,
    found: Inspection | None = None,
) -> MediaShown:
    at = visit.not_before + timedelta(minutes=7 + 3 * number)
    return MediaShown(
        media_id=ids.new(),
        **visit.model_dump(include={"visit_id", "case_id", "agency_id"}),
        device_id=UUID(int=7),
        kind=kind,
        media_type="image/jpeg" if kind is MediaKind.PHOTO else "audio/wav",
        sha256="0" * 64,
        size=len(content),
        captured_at=at,
        received_at=at,
        found=found,
    )


def recorded(visit: BankVisit, files: list[MediaShown], **but: Any) -> CoverageShown:
    """A talk of twelve minutes: a gap that was declared, and one that was not."""
    phones = (UUID(int=7), UUID(int=8))
    begins = visit.not_before + timedelta(minutes=7)

    def bounds(first: float, last: float) -> dict[str, Any]:
        its = (begins + timedelta(minutes=each) for each in (first, last))
        return dict(zip(("begins_at", "ends_at"), its, strict=True))

    parts = ((0, 0, 4), (0, 6, 8), (1, 0.5, 4.5), (1, 6, 9))
    plain = {
        "visit_id": visit.visit_id,
        "ended_at": begins + timedelta(minutes=13),
        "judged_at": begins + timedelta(minutes=50),
        **bounds(0, 12),
        "talk_s": 720,
        "recorded_s": 450,
        "filmed_s": 120,
        "share": 450 / 720,
        "percent": 95,
        "phones": phones,
        "segments": tuple(
            SegmentShown(
                device_id=phones[phone],
                media_id=files[-1].media_id,
                kind=MediaKind.VIDEO if first == 6 and not phone else MediaKind.AUDIO,
                **bounds(first, last),
            )
            for phone, first, last in parts
        ),
        "gaps": (
            GapShown(**bounds(4.5, 6), seconds=90, reason=Stopped.BATTERY),
            GapShown(**bounds(9, 12), seconds=180, reason=None),
        ),
        "not_proven": ("recording_short", "recording_gap"),
    }
    return CoverageShown(**(plain | but))


def picture(number: int, width: int = 1280) -> bytes:
    """A door, drawn: a real JPEG of nobody's home."""
    height = width * 3 // 4
    made = Image.new("RGB", (width, height), ((168, 176, 170), (150, 160, 175))[number % 2])
    pen = ImageDraw.Draw(made)
    left, right = int(width * 0.34), int(width * 0.66)
    wood = ((96, 62, 44), (52, 74, 84))[number % 2]
    pen.rectangle((left, int(height * 0.14), right, height), wood)
    for top in (0.2, 0.58):
        box = (left + width // 22, int(height * top), right - width // 22)
        pen.rectangle((*box, int(height * (top + 0.3))), tuple(c + 14 for c in wood))
    knob = (right - width // 26, int(height * 0.55))
    pen.circle(knob, width // 90, (220, 200, 140))
    pen.rectangle(
        (int(width * 0.44), int(height * 0.04), int(width * 0.56), int(height * 0.1)),
        (235, 235, 225),
    )  # noqa: E501
    file = io.BytesIO()
    made.save(file, "JPEG", quality=80)
    return file.getvalue()


def tone(seconds: float = 3.0, rate: int = 8000) -> bytes:
    """A real WAV: a tone that swells."""
    count = int(seconds * rate)
    samples = (
        int(9000 * math.sin(n / count * math.pi) * math.sin(2 * math.pi * 440 * n / rate))
        for n in range(count)
    )
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(b"".join(struct.pack("<h", each) for each in samples))
    return file.getvalue()


def operations() -> dict[str, Any]:
    """How a platform is when one event has failed and waits to be looked at."""
    services = ("workforce", "letters", "dispatch", "contact", "field_visit")
    more = ("complaints", "recovery", "oversight")
    every = (*services, *more)
    ages = {name: 340.0 if name == "recovery" else 0.2 for name in every}
    return {
        "at": AFTERNOON.isoformat(),
        "parts": [
            {"name": name, "ready": age < 10, "heard_s": age} for name, age in ages.items()
        ],
        "outbox": [
            {"service": name, "lane": lane, "waiting": 0, "oldest_s": 0.0}
            for name in every
            for lane in ("urgent", "normal")
        ]
        + [{"service": "field_visit", "lane": "normal", "waiting": 3, "oldest_s": 0.4}],
        "held_back": [
            {"service": "recovery", "state": "parked", "count": 1, "oldest_s": 5400.0},
            {"service": "recovery", "state": "behind", "count": 2, "oldest_s": 320.0},
        ],
        "jobs": [
            {"service": "field_visit", "open": 2, "failed": 0},
            {"service": "recovery", "open": 0, "failed": 1},
        ],
        "landed": {"waiting": 4, "refused": 1, "oldest_s": 75.0},
        "queues": [
            {"name": f"{name}.{lane}", "messages": 0, "consumers": int(name != "recovery")}
            for name in every
            for lane in ("urgent", "normal")
        ],
    }
