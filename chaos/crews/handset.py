"""A phone at a door: its journal, its camera, its recorder, and the line it sends over."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from chaos.crews import gallery
from chaos.crews.attempts import OTHER_AGENCY
from chaos.crews.gallery import Gallery
from chaos.crews.ledger import Told
from chaos.crews.uploading import Sender
from doorstep.uploading import Taken
from proto.facts import Fact, MediaNoted, Recording, Stopped
from proto.field_visit import RecordJournal
from proto.media import MEDIA_TYPES
from tests.world import Collector

if TYPE_CHECKING:
    from chaos.crews.acts import Acts
    from chaos.crews.sorts import Planned

#: Shares of what was acknowledged that are sent again, and with other bytes.
AGAIN_SHARE, OTHER_SHARE = 0.10, 0.05


@dataclass
class Handset:
    """One of the pair's phones while it is at a door."""

    who: Collector
    sender: Sender
    gallery: Gallery
    #: Since when its recorder runs; none while it does not.
    since: datetime | None = None
    #: Files that are to be sent, and those whose phone will be gone in the middle.
    waiting: list[Taken] = field(default_factory=list)
    doomed: list[Taken] = field(default_factory=list)

    def notes(self, acts: "Acts", visit: "Planned", *facts: Fact) -> None:
        """Write facts into its journal and have them kept."""
        body = self.who.notes(visit.visit_id, *facts)
        acts.asked_by(self.sender.asker, RecordJournal, visit.visit_id, body, "200")
        self.who.confirm()

    def records(self) -> Recording:
        """Start its recorder; return what is to be noted of that."""
        self.since = self.now()
        return Recording(announced=True, running=True)

    def stops(
        self, visit: "Planned", reason: Stopped, *, lost_s: float = 0, sent: bool = True
    ) -> tuple[Recording, MediaNoted]:
        """Stop its recorder; return that and the file as they are to be noted.

        `lost_s` seconds before it had died, and nobody noticed. Not `sent`: its file will
        never come.
        """
        assert self.since
        ended = max(self.since, self.now() - timedelta(seconds=lost_s))
        taken = gallery.sound(self.since, ended)
        off = Recording(announced=True, running=False, reason=reason)
        self.since = None
        return off, self.keeps(taken, visit, ended, sent=sent)

    def photographs(self, visit: "Planned") -> MediaNoted:
        """Take a photo; return that it is to be noted."""
        at = self.now()
        taken = gallery.photo(self.sender.luck, visit.visit_id, at)
        return self.keeps(taken, visit, at)

    def keeps(
        self, taken: Taken, visit: "Planned", ended: datetime, *, sent: bool = True
    ) -> MediaNoted:
        self.gallery.keep(taken, visit.visit_id, self.sender.device, ended, sent)
        (self.waiting if sent else self.doomed).append(taken)
        kind = MEDIA_TYPES[taken.media_type]
        return MediaNoted(media_id=taken.media_id, media=kind, sha256=taken.sha256)

    def sends(self, visit: UUID, grant: str | None = None) -> list[Told]:
        """Send what waits, one after the other; now and then once more. Raises GaveUp."""
        sent: list[Told] = []
        while self.waiting:
            taken = self.waiting.pop(0)
            told = self.sender.send(taken, visit, grant=grant)
            sent.append(told)
            if told.acknowledged and self.sender.luck.random() < AGAIN_SHARE:
                self.sender.until_answered(told, taken, "again", grant)
            if told.acknowledged and self.sender.luck.random() < OTHER_SHARE:
                other = Taken(
                    taken.content + b"\0",
                    taken.media_type,
                    taken.captured_at,
                    taken.media_id,
                )
                self.sender.until_answered(told, other, "other", grant)
        return sent

    def drowns(self, visit: UUID, grant: str | None) -> None:
        """Begin to send what will never come whole."""
        while self.doomed:
            self.sender.abandon(self.doomed.pop(0), visit, grant)

    def intrudes(self, visit: UUID) -> None:
        """Send a photo of a visit that is another agency's. Raises GaveUp."""
        taken = gallery.photo(self.sender.luck, visit, self.now())
        self.sender.send(taken, visit, "404 not-found", forbidden=OTHER_AGENCY)

    def now(self) -> datetime:
        return self.who.platform.now()


def both_send(
    handsets: Sequence[Handset], visit: "Planned", grant: str | None = None
) -> None:
    """Let the phones of a pair send what waits, at the same time. Raises GaveUp."""
    with ThreadPoolExecutor(len(handsets)) as threads:
        list(threads.map(lambda each: each.sends(visit.visit_id, grant), handsets))
