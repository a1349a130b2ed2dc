"""A pair whose visits are looked at: how plausible the positions of its phones are."""

from uuid import UUID

from sqlalchemy import select

from chassis import tables
from chassis.operations import only
from proto import ids
from proto.base import Role
from proto.field_visit import Ending
from proto.places import Position
from proto.plausibility import (
    LetPositionsGo,
    NoteScores,
    PlausibilityShown,
    ReplyToFinding,
    ShowPlausibility,
    Signal,
)
from services.field_visit import handlers
from services.field_visit.jobs import scoring
from services.field_visit.model import SCORE, checked_in_table, visit_table
from tests.acting import DOOR
from tests.services.pairs import Pair

SCORED = "field_visit.plausibility_scored"
#: Beside the registered point, as a receiver would put it.
BESIDE = Position(latitude=31.23049, longitude=121.47361, accuracy_m=9)
NEARBY = Position(latitude=31.23052, longitude=121.47368, accuracy_m=11)
COPIED = Position(**DOOR, accuracy_m=9)


class Looked(Pair):
    """A pair whose visits are looked at."""

    def visits(self, a=BESIDE, b=NEARBY) -> None:
        self.check_in(self.a, at=a)
        self.check_in(self.b, at=b)

    def leaves(self) -> list[dict]:
        """Check out; return what a worker is asked to do."""
        self.check_out(Ending.NOBODY_HOME)
        table = tables.job
        mine = select(table.c.task).where(table.c.kind == SCORE)
        its = table.c.subject == str(self.case)
        return list(self.hears.connection.scalars(mine.where(its)))

    def looks(self) -> NoteScores:
        """What a worker finds now."""
        found = scoring.scored(self.visit, self.hears.connection)
        assert found is not None
        return found

    def is_looked_at(self) -> NoteScores:
        found = self.looks()
        self.does(handlers.note_scores, found)
        return found

    def shown(self, role=Role.COMPLIANCE, phone=None, agency=None) -> PlausibilityShown:
        person_id = phone.person_id if phone else None
        unit = self.open("field_visit", role, agency or self.agency, person_id)
        only(*handlers.SCORE_READERS)(ShowPlausibility(visit_id=self.visit), unit)
        return handlers.show_plausibility(ShowPlausibility(visit_id=self.visit), unit)

    def replies(self, finding_id, words="那天导航软件开着", phone=None, reply_id=None):
        command = ReplyToFinding(
            reply_id=reply_id or ids.new(),
            visit_id=self.visit,
            finding_id=finding_id,
            text=words,
        )
        person_id = (phone or self.a).person_id
        unit = self.open("field_visit", Role.FIELD_COLLECTOR, self.agency, person_id)
        handlers.of_the_pair(command, unit)
        reply = handlers.reply_to_finding(command, unit)
        unit.settle()
        return reply

    def positions(self) -> dict[UUID, tuple[bool, str | None]]:
        """Of whom a position is still there, and as which evidence."""
        table = checked_in_table.c
        query = select(table.collector_id, table.presence.is_not(None), table.evidence)
        rows = self.hears.connection.execute(query.where(table.visit_id == self.visit))
        return {row[0]: (row[1], row[2]) for row in rows}

    def time_passes(self, days: float) -> None:
        self.watch.goes(days=days)
        self.does(handlers.let_positions_go, LetPositionsGo())


def signals(shown: PlausibilityShown) -> dict[UUID, list[Signal]]:
    return {
        score.collector_id: [f.signal for f in score.findings if not f.superseded_at]
        for score in shown.scores
    }


def move(pair: Looked, phone) -> None:
    """Let another collector be the first of a planned pair."""
    pair.a = phone
    people = [phone.person_id, pair.b.person_id]
    pair.hears.change(visit_table, pair.visit, collectors=people)
    pair.hears.keep(pair.person_standing(phone, version=2))
    pair.hears.keep(pair.letter_standing(version=2))
    pair.hears.settle()
