"""What of a visit is recorded, on its line, for whoever may see it."""

from datetime import UTC, datetime
from typing import Any

from chassis.errors import NotFound
from chassis.unit import Unit
from proto.recording import (
    CoverageShown,
    GapShown,
    InsideShown,
    LeftOutShown,
    SegmentShown,
    ShowCoverage,
)
from services.field_visit import store
from services.field_visit.handlers import recording
from services.field_visit.handlers.media import is_kept_from
from services.field_visit.model.coverage import Coverage, proven
from services.field_visit.model.stretches import Stretch


def show_coverage(command: ShowCoverage, unit: Unit) -> CoverageShown:
    """Show what is recorded, also of a visit that goes on.

    Raises NotFound for whoever may not see the visit.
    """
    if unit.asker is None:
        raise NotFound("visit", command.visit_id)
    visit = store.shown_visit(unit.connection, unit.asker, command.visit_id)
    if is_kept_from(unit.asker, visit):
        return CoverageShown(visit_id=visit.id, restricted=True)
    ended = store.recording_ended(unit.connection, visit.id)
    marks, files = recording.on_record(visit, unit)
    ended_at = ended.ended_at if ended else unit.now
    coverage, inside = recording.reckon(visit, marks, files, ended_at)
    terms = store.recording_terms(visit)
    told = shown(coverage) | {
        "ended_at": ended and ended.ended_at,
        "judged_at": ended and ended.judged_at,
        "percent": terms and terms.percent,
        "phones": tuple(sorted(each.device_id for each in visit.here)),
        "filmed_inside": tuple(
            InsideShown(media_id=film.media_id, **bounds(film.when)) for film in inside
        ),
        "not_proven": proven(coverage, terms) if ended else (),
    }
    return CoverageShown(visit_id=visit.id, restricted=visit.door.spared, **told)


def shown(coverage: Coverage) -> dict[str, Any]:
    talk = coverage.talk
    return {
        **(bounds(talk) if talk else {}),
        "talk_s": coverage.talk_s,
        "recorded_s": coverage.recorded_s,
        "filmed_s": coverage.filmed_s,
        "share": coverage.share,
        "segments": tuple(
            SegmentShown(
                device_id=each.device_id,
                media_id=each.media_id,
                kind=each.kind,
                **bounds(each.when),
            )
            for each in coverage.segments
        ),
        "gaps": tuple(
            GapShown(**bounds(gap.when), seconds=gap.when.seconds, reason=gap.reason)
            for gap in coverage.gaps
        ),
        "left_out": tuple(
            LeftOutShown(media_id=each.media_id, why=each.why) for each in coverage.left_out
        ),
    }


def bounds(when: Stretch) -> dict[str, datetime]:
    return {
        "begins_at": when.begins.astimezone(UTC),
        "ends_at": when.ends.astimezone(UTC),
    }
