"""What a worker does for field visits: it looks at photos and film, listens to sound,
scores how plausible positions are, and keeps house.

Nothing of ours is imported before there is a job: children import this package too, and
begin in a third of the time without a database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from chassis.jobs import Job, Work
    from proto.evidence import NoteSeal, NoteTreeHead
    from proto.housekeeping import HouseKept
    from proto.media import NoteInspection
    from proto.plausibility import NoteScores
    from proto.report import NoteReport


def inspect(job: Job, engine: Engine, renew: Callable[[], None]) -> NoteInspection:
    from services.field_visit.jobs.inspecting import inspect

    return inspect(job, engine, renew)


def keep_house(job: Job, engine: Engine, renew: Callable[[], None]) -> HouseKept:
    from services.field_visit.jobs.keeping import keep_house

    return keep_house(job, engine, renew)


def score(job: Job, engine: Engine, renew: Callable[[], None]) -> NoteScores | None:
    from services.field_visit.jobs.scoring import score

    return score(job, engine, renew)


def seal(job: Job, engine: Engine, renew: Callable[[], None]) -> NoteSeal | None:
    from services.field_visit.jobs.sealing import seal

    return seal(job, engine, renew)


def sign_head(job: Job, engine: Engine, renew: Callable[[], None]) -> NoteTreeHead | None:
    from services.field_visit.jobs.tree_heads import sign

    return sign(job, engine)


def publish_head(job: Job, engine: Engine, renew: Callable[[], None]) -> None:
    from services.field_visit.jobs.tree_heads import give_away

    give_away(job, engine, renew)


def report(job: Job, engine: Engine, renew: Callable[[], None]) -> NoteReport | None:
    from services.field_visit.jobs.report.drawing import draw

    return draw(job, engine, renew)


def give_heads(job: Job, engine: Engine, renew: Callable[[], None]) -> None:
    from services.field_visit.jobs import publishing, timestamps

    publishing.give_due(engine, renew)
    timestamps.stamp_due(engine, renew)


def delete(job: Job, engine: Engine, renew: Callable[[], None]) -> None:
    from services.field_visit.jobs.deleting import delete

    delete(job, engine, renew)


JOBS: dict[str, Work] = {
    "inspect_photo": inspect,
    "inspect_audio": inspect,
    "inspect_video": inspect,
    "keep_house": keep_house,
    "score_positions": score,
    "seal_visit": seal,
    "sign_tree_head": sign_head,
    "publish_tree_head": publish_head,
    "report_visit": report,
    "give_heads": give_heads,
    "delete_media": delete,
}
#: A page takes seconds to set, and on a busy machine a minute: it holds up nothing else.
UNAWAITED = frozenset({"report_visit"})
