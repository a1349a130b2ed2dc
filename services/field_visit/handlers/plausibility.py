"""How plausible a visit's positions are: noted, shown, and answered. Nothing follows.

No handler here touches a visit, a permit or a hold, and none of the others reads a score.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis import legal_hold, rounds
from chassis.errors import Conflict, NotFound, Unavailable
from chassis.settings import settings
from chassis.unit import Unit
from proto import ids
from proto.base import Role
from proto.field_visit import Noted, PlausibilityScored
from proto.plausibility import (
    FindingShown,
    LetPositionsGo,
    NoteScores,
    PlausibilityShown,
    ReplyKept,
    ReplyShown,
    ReplyToFinding,
    Scored,
    ScoreShown,
    ShowPlausibility,
)
from services.field_visit import store
from services.field_visit.handlers import judging, saying, sealing
from services.field_visit.model import (
    SCORE,
    Erased,
    FindingKept,
    Opens,
    Replied,
    Score,
    Visit,
    checked_in_table,
    erasure_table,
    finding_id,
    finding_reply_table,
    finding_table,
    score_id,
    score_table,
)
from services.field_visit.model.plausibility import WORTH_A_LOOK

#: What a reply is sealed for.
REPLY = "plausibility.reply"
#: A supervisor those of the own agency, a collector what is about themself.
SCORE_READERS = (Role.FIELD_COLLECTOR, Role.SUPERVISOR, Role.COMPLIANCE)
#: What was said to each finding, by its id.
Replies = dict[UUID, list[ReplyShown]]


def look(visit: Visit, unit: Unit) -> None:
    """Have a worker score a visit's positions; once more is harmless."""
    unit.job(SCORE, visit.case_id, visit_id=visit.id)


def note_scores(command: NoteScores, unit: Unit) -> Noted:
    """Keep what a worker found. What was found before and is not now is superseded; what
    was answered stays as it was.
    """
    visit = store.visit(unit.shared, command.visit_id)
    known = {each.id: each for each in store.scores_of_visit(unit.connection, visit.id)}
    if any(command.looked_at < score.at for score in known.values()):
        return Noted()
    for scored in command.scored:
        keep(command, scored, known, unit)
    news = keep_findings(command, unit)
    if news or not known:
        unit.emit(told(visit, command, unit), visit.case_id)
    return Noted()


def keep(command: NoteScores, scored: Scored, known: dict[UUID, Score], unit: Unit) -> None:
    row = scored.model_dump(include={"combined", "fixes", "refused"})
    row |= {"at": command.looked_at}
    its = score_id(command.visit_id, scored.collector_id)
    if its in known:
        unit.change(score_table, its, **row)
    else:
        mine = {"visit_id": command.visit_id, "collector_id": scored.collector_id}
        unit.write(score_table, id=its, **mine, **row)


def keep_findings(command: NoteScores, unit: Unit) -> bool:
    """Keep what is new, and note what no longer is. True when anything changed."""
    kept = {f.id: f for f in store.findings_of_visit(unit.connection, command.visit_id)}
    found = {each.id: each for each in findings(command)}
    new = [each for its, each in found.items() if its not in kept]
    back = [its for its in found if its in kept and kept[its].superseded_at]
    gone = [f.id for f in kept.values() if f.id not in found and not f.superseded_at]
    for each in new:
        unit.write(finding_table, **vars(each))
    for its in back:
        unit.change(finding_table, its, superseded_at=None)
    for its in gone:
        unit.change(finding_table, its, superseded_at=command.looked_at)
    return bool(new or back or gone)


def findings(command: NoteScores) -> Iterable[FindingKept]:
    for scored in command.scored:
        for found in scored.found:
            yield FindingKept(
                id=finding_id(command.visit_id, scored.collector_id, found),
                visit_id=command.visit_id,
                collector_id=scored.collector_id,
                at=command.looked_at,
                **found.model_dump(),
            )


def told(visit: Visit, command: NoteScores, unit: Unit) -> PlausibilityScored:
    return PlausibilityScored(
        **judging.about(visit, unit),
        found=sum(len(each.found) for each in command.scored),
        worth_a_look=any(each.combined >= WORTH_A_LOOK for each in command.scored),
    )


def show_plausibility(command: ShowPlausibility, unit: Unit) -> PlausibilityShown:
    """Raises NotFound for whoever may not see the visit. Of a pair each sees their own."""
    if unit.asker is None:
        raise NotFound("visit", command.visit_id)
    visit = store.shown_visit(unit.connection, unit.asker, command.visit_id)
    scores = store.scores_of_visit(unit.connection, visit.id)
    if unit.asker.role is Role.FIELD_COLLECTOR:
        scores = [each for each in scores if each.collector_id == unit.asker.person_id]
    kept = store.findings_of_visit(unit.connection, visit.id)
    replies = replies_shown(visit, unit)
    shown = (
        score_shown(
            score, [f for f in kept if f.collector_id == score.collector_id], replies
        )
        for score in scores
    )
    return PlausibilityShown(visit_id=visit.id, scores=tuple(shown))


def score_shown(score: Score, kept: Iterable[FindingKept], replies: Replies) -> ScoreShown:
    return ScoreShown(
        collector_id=score.collector_id,
        combined=score.combined,
        worth_a_look=score.combined >= WORTH_A_LOOK,
        fixes=score.fixes,
        refused=score.refused,
        at=score.at,
        findings=tuple(finding_shown(each, replies.get(each.id, ())) for each in kept),
    )


def finding_shown(kept: FindingKept, replies: Sequence[ReplyShown]) -> FindingShown:
    return FindingShown(
        finding_id=kept.id,
        signal=kept.signal,
        score=kept.score,
        numbers=kept.numbers,
        says=saying.said(kept.says, kept.numbers),
        at=kept.at,
        superseded_at=kept.superseded_at,
        replies=tuple(replies),
    )


def replies_shown(visit: Visit, unit: Unit) -> Replies:
    """Return what was said to each finding of a visit, as it came."""
    found: Replies = {}
    for each in store.replies_of_visit(unit.connection, visit.id):
        text = opened(each, visit, unit)
        shown = ReplyShown(reply_id=each.id, at=each.at, text=text)
        found.setdefault(each.finding_id, []).append(shown)
    return found


def opened(reply: Replied, visit: Visit, unit: Unit) -> str | None:
    """Open a reply; nothing when the case was shredded meanwhile."""
    try:
        return unit.keyring.open(reply.text, visit.case_id, REPLY)
    except Unavailable:
        return None


def reply_to_finding(command: ReplyToFinding, unit: Unit) -> ReplyKept:
    """Keep what the person says to a finding about themself, sealed, once by its id.

    Raises NotFound when it is about somebody else, Conflict when the id is another reply's.
    """
    visit = store.visit(unit.shared, command.visit_id)
    refuse_others(command, unit)
    known = store.finding_of_reply(unit.connection, command.reply_id)
    if known is None:
        unit.write(
            finding_reply_table,
            id=command.reply_id,
            finding_id=command.finding_id,
            visit_id=visit.id,
            text=unit.keyring.seal(visit.case_id, REPLY, command.text),
            at=unit.now,
        )
    elif known != command.finding_id:
        raise Conflict("key-known-otherwise", thing="reply", key=str(command.reply_id))
    return ReplyKept(reply_id=command.reply_id, finding_id=command.finding_id)


def refuse_others(command: ReplyToFinding, unit: Unit) -> None:
    """Raises NotFound unless a finding of this visit is about whoever asks."""
    me = unit.asker.person_id if unit.asker else None
    kept = store.findings_of_visit(unit.connection, command.visit_id)
    if not any(f.id == command.finding_id and f.collector_id == me for f in kept):
        raise NotFound("finding", command.finding_id)


def let_positions_go(_: LetPositionsGo, unit: Unit) -> Noted:
    """Forget where people stood some days ago, and note of what is evidence why it is.
    Of a case under a legal hold nothing is forgotten; none can be put meanwhile.

    How far it was from the door, and how sure, stays with the check-in; of an entry of a
    journal its kind and its place in the chain.
    """
    legal_hold.erasing(unit.connection)
    before = unit.now - timedelta(days=settings().position_days)
    for checked_in, why in store.kept_long(unit.connection, before):
        if why:
            unit.change(checked_in_table, checked_in, evidence=why)
        else:
            unit.change(checked_in_table, checked_in, presence=None)
    let_sealed_go(before, unit)
    let_places_go(before, unit)
    if let_noted_go(before, unit) == store.MOST_NOTED:
        unit.later(unit.now, LetPositionsGo(), rounds.house(unit.source))
    return Noted()


def let_places_go(before: datetime, unit: Unit) -> None:
    """Do so with the places that photos claim to be of."""
    rows, connection = store.places_long(unit.connection, before), unit.connection
    why = store.reasons(connection, {row.visit_id for row in rows}) if rows else {}
    for each in sorted(set(why.values())):
        mine = [row.id for row in rows if why.get(row.visit_id) == each]
        store.keep_places(connection, mine, each)
    store.forget_places(connection, [row.id for row in rows if row.visit_id not in why])


def let_noted_go(before: datetime, unit: Unit) -> int:
    """Do so with what journals noted; return how much of it was looked at."""
    rows, connection = store.noted_long(unit.connection, before), unit.connection
    why = store.reasons(connection, {row.visit_id for row in rows}) if rows else {}
    for each in sorted(set(why.values())):
        mine = [row for row in rows if why.get(row.visit_id) == each]
        store.keep_noted(connection, mine, each)
    store.forget_noted(connection, [row for row in rows if row.visit_id not in why])
    return len(rows)


def let_sealed_go(before: datetime, unit: Unit) -> None:
    """Do so with positions that seals hide: a further part says that they are gone."""
    found = store.positions_long(unit.connection, before)
    visits = store.visits_there_are(unit.shared, found) if found else {}
    why = store.reasons(unit.connection, visits.keys()) if visits else {}
    for visit in visits.values():
        if kept := why.get(visit.id):
            store.keep_hidden(unit.connection, visit.id, kept)
            continue
        store.forget_hidden(unit.connection, visit.id, Opens.POSITION)
        unit.write(
            erasure_table,
            id=ids.new(),
            visit_id=visit.id,
            what=Erased.POSITIONS,
            by=unit.source,
            why="term-over",
            at=unit.now,
        )
        sealing.look_soon(visit, unit)
