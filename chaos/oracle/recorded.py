"""Check 10: every moment of a talk is on a phone's file, or in a gap that is told of."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from chaos.crews.gallery import Made
from chaos.crews.uploading import OPERATION
from chaos.remains.evidence import LOST, UNEXPECTED, Evidence, Violation
from chaos.remains.files import Files

NAME = "recorded or a gap told of"
#: What the example contract sets (C.52): a gap, and what two clocks may differ by; and
#: how much a file may be longer or shorter than its recorder ran.
GAP, CLOCKS, SLACK = timedelta(seconds=10), timedelta(seconds=3), timedelta(seconds=1)
FINISHED = "finished"

Stretch = tuple[datetime, datetime]


def recorded_or_a_gap(evidence: Evidence) -> Iterator[Violation]:
    files = evidence.files
    acknowledged = {
        told.operation.key
        for told in evidence.told
        if told.operation.name == OPERATION and told.acknowledged
    }
    made = {each.media_id: each for each in files.made if each.kind == "audio"}
    for visit, shown in files.coverage.items():
        if shown.get("begins_at") is None:
            yield wrong(LOST, f"nothing is known of the talk of {visit}")
            continue
        yield from counted(visit, shown, made, files)
        yield from open_holes(visit, shown)
        yield from reasons(visit, shown, files)
        if not evidence.left:  # else a worker is about to look at it
            yield from not_counted(visit, shown, made, acknowledged)
            yield from not_found(visit, shown, files)


def counted(
    visit: str, shown: dict[str, Any], made: dict[str, Made], files: Files
) -> Iterator[Violation]:
    """What counts is of a file that is there, when and as long as its phone recorded."""
    for each in shown["segments"]:
        its, (begins, ends) = made.get(each["media_id"]), bounds(each)
        if its is None or its.visit != visit:
            yield wrong(UNEXPECTED, f"{each} counts, and no recorder made it")
        elif files.stored.get(its.sha256) != its.sha256:
            yield wrong(UNEXPECTED, f"{its.media_id} counts, and there is no such file")
        elif begins < its.began - CLOCKS - SLACK or ends > its.ended + CLOCKS + SLACK:
            yield wrong(UNEXPECTED, f"{its.media_id} counts for when it did not record")
        elif ends - begins > its.ended - its.began + SLACK:
            yield wrong(UNEXPECTED, f"{its.media_id} counts for longer than it is")


def not_counted(
    visit: str, shown: dict[str, Any], made: dict[str, Made], acknowledged: set[str]
) -> Iterator[Violation]:
    """What was recorded of the talk and acknowledged counts for all that it is."""
    begins, ends = bounds(shown)
    segments = {each["media_id"]: bounds(each) for each in shown["segments"]}
    for its in made.values():
        if its.visit != visit or its.media_id not in acknowledged:
            continue
        wanted = min(its.ended, ends) - max(its.began, begins)
        got = segments.get(its.media_id)
        lasts = got[1] - got[0] if got else timedelta(0)
        if wanted - lasts > CLOCKS + SLACK:
            says = f"{its.media_id} recorded {wanted} of {visit}, and {lasts} count"
            yield wrong(LOST, says)


def open_holes(visit: str, shown: dict[str, Any]) -> Iterator[Violation]:
    """What is on no file for so long is a gap, and told of."""
    known = [bounds(each) for each in (*shown["segments"], *shown["gaps"])]
    for hole in holes(bounds(shown), known):
        if hole[1] - hole[0] >= GAP:
            says = f"{hole[1] - hole[0]} of {visit} are on no file and no gap"
            yield wrong(UNEXPECTED, says)


def reasons(visit: str, shown: dict[str, Any], files: Files) -> Iterator[Violation]:
    """A gap is declared when every recorder was said to have stopped, and only then."""
    stops = [each for each in files.stops if each.visit == visit]
    recorders = {e.device for e in files.made if (e.visit, e.kind) == (visit, "audio")}
    for each in shown["gaps"]:
        begins, _ = bounds(each)
        said = {
            stop.device
            for stop in stops
            if stop.reason not in (None, FINISHED) and stop.at <= begins + CLOCKS + SLACK
        }
        declared = bool(recorders) and said >= recorders
        if (each["reason"] is not None) is not declared:
            says = f"the gap of {visit} at {begins} is {each['reason']}, stopped: {stops}"
            yield wrong(UNEXPECTED, says)


def not_found(visit: str, shown: dict[str, Any], files: Files) -> Iterator[Violation]:
    """A gap that nobody declared is found, once all has come."""
    for each in shown["gaps"]:
        begins, ends = bounds(each)
        open_ = each["reason"] is None and shown["judged_at"] is not None
        if open_ and (visit, begins, ends) not in files.found:
            yield wrong(
                LOST, f"nobody declared the gap of {visit} at {begins}, nor found it"
            )


def holes(whole: Stretch, known: Sequence[Stretch]) -> Iterator[Stretch]:
    """Yield what of a stretch is in none of these."""
    at, end = whole
    for begins, ends in sorted(known):
        if begins > at:
            yield at, min(begins, end)
        at = max(at, ends)
    if at < end:
        yield at, end


def bounds(each: dict[str, Any]) -> Stretch:
    begins, ends = each["begins_at"], each["ends_at"]
    return datetime.fromisoformat(begins), datetime.fromisoformat(ends)


def wrong(counts_as: str, says: str) -> Violation:
    return Violation(NAME, counts_as, says, OPERATION)
