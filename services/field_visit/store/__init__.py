"""Every query of field_visit. The locks are here."""

from services.field_visit.store.codes import codes, give_codes
from services.field_visit.store.doors import complete, completed, places
from services.field_visit.store.forgetting import (
    MOST_NOTED,
    forget_noted,
    keep_noted,
    kept_long,
    noted_long,
    reasons,
)
from services.field_visit.store.given_up import (
    MOST_GIVEN_UP,
    how_many_wait,
    in_whose_name,
    wait_no_more,
    waiting_long,
)
from services.field_visit.store.helping import help_called, open_help
from services.field_visit.store.journals import (
    anchor,
    anchors,
    head,
    known_odd,
    links,
    lock_heads,
    odd_since,
    through,
    waited,
    waiting_entries,
)
from services.field_visit.store.judged import (
    cleared_since,
    contacts,
    end_withdrawals,
    is_news,
    off_duty,
    open_withdrawals,
    permitted,
    thing,
    withdrawals,
)
from services.field_visit.store.locking import (
    gather,
    leave,
    lock,
    visit,
    visits_there_are,
)
from services.field_visit.store.media import media, media_of_visit
from services.field_visit.store.packed import planned_around
from services.field_visit.store.phones import note_phone, phones_of
from services.field_visit.store.positions import (
    any_visit,
    earlier,
    photos,
    presences,
    same_photos,
)
from services.field_visit.store.recorded import (
    amiss,
    coverage,
    files,
    marks,
    recording_ended,
    recording_terms,
)
from services.field_visit.store.resting import resting, resting_of_late
from services.field_visit.store.scores import (
    finding_of_reply,
    findings_of_visit,
    replies_of_visit,
    scores_of_visit,
)
from services.field_visit.store.seen import by_badge, shown_visit, visits
from services.field_visit.store.told import irregularities, missing_media, told
from services.field_visit.store.tracks import (
    noted_at,
    noted_between,
    phone_at,
    shifts_noted,
    told_between,
)
from services.field_visit.store.waiting import MOST, to_look_at

__all__ = [
    "MOST",
    "MOST_GIVEN_UP",
    "MOST_NOTED",
    "how_many_wait",
    "in_whose_name",
    "is_news",
    "wait_no_more",
    "waiting_long",
    "amiss",
    "files",
    "marks",
    "coverage",
    "recording_ended",
    "recording_terms",
    "anchor",
    "anchors",
    "any_visit",
    "earlier",
    "finding_of_reply",
    "findings_of_visit",
    "forget_noted",
    "keep_noted",
    "kept_long",
    "noted_long",
    "reasons",
    "photos",
    "presences",
    "replies_of_visit",
    "same_photos",
    "scores_of_visit",
    "by_badge",
    "cleared_since",
    "complete",
    "codes",
    "completed",
    "give_codes",
    "contacts",
    "end_withdrawals",
    "gather",
    "head",
    "help_called",
    "irregularities",
    "known_odd",
    "leave",
    "links",
    "lock",
    "lock_heads",
    "planned_around",
    "media",
    "media_of_visit",
    "missing_media",
    "note_phone",
    "noted_at",
    "noted_between",
    "odd_since",
    "off_duty",
    "open_help",
    "open_withdrawals",
    "permitted",
    "phone_at",
    "phones_of",
    "places",
    "resting",
    "shifts_noted",
    "resting_of_late",
    "shown_visit",
    "thing",
    "through",
    "told",
    "told_between",
    "visit",
    "visits",
    "to_look_at",
    "visits_there_are",
    "waited",
    "waiting_entries",
    "withdrawals",
]
