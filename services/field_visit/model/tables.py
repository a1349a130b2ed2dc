"""The tables of field visits."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    and_,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()

#: `place`, `sheet` and `badge` are sealed under the case's key. `badge_blind` finds a
#: visit by the code on the badge; visits of before there was one have none. At `look_at`,
#: the earliest moment of `due`, it is looked at. Of before there was one is `wait_until`,
#: which is left for the version before and goes with it.
#: By the `nonce` its phones pair, as long as it is planned for these two.
visit_table = Table(
    "visit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("collectors", ARRAY(Uuid), nullable=False),
    Column("letter_id", Uuid, nullable=False),
    Column("place", JSONB, nullable=False),
    Column("sheet", JSONB, nullable=False),
    Column("zone", Text, nullable=False),
    Column("not_before", DateTime(timezone=True), nullable=False),
    Column("not_after", DateTime(timezone=True), nullable=False),
    Column("books", ARRAY(Text), nullable=False),
    Column("state", Text, nullable=False),
    Column("cleared_until", DateTime(timezone=True)),
    Column("entry_reason", Text),
    Column("entry_from", DateTime(timezone=True)),
    Column("entry_until", DateTime(timezone=True)),
    Column("ending", Text),
    Column("badge", JSONB),
    Column("badge_blind", Text),
    Column("paper_id", Uuid),
    Column("paper_template", Text),
    Column("paper_how", Text),
    Column("wait_until", DateTime(timezone=True)),
    Column("cause", Text),
    Column("danger_at", DateTime(timezone=True)),
    Column("due", JSONB, nullable=False, server_default="{}"),
    Column("look_at", DateTime(timezone=True)),
    Column("nonce", Uuid, server_default=text("gen_random_uuid()")),
    # by which a visit goes to another place than the debtor's own door
    Column("appointment_id", Uuid),
    # who of the pair has checked out, since when it is over, and how often it was sealed;
    # the first is null, and the second may be, of one that was over before this was kept
    Column("left_by", ARRAY(Uuid), server_default="{}"),
    Column("closed_at", DateTime(timezone=True)),
    Column("parts", Integer, nullable=False, server_default="0"),
)
Index("visit_badge", visit_table.c.badge_blind, unique=True)
WAITS = visit_table.c.wait_until.is_not(None)
Index("visit_waits", visit_table.c.wait_until, postgresql_where=WAITS)
LOOKS = visit_table.c.look_at.is_not(None)
Index("visit_looks", visit_table.c.look_at, postgresql_where=LOOKS)
Index("visit_paper", visit_table.c.paper_template)
Index("visit_case", visit_table.c.case_id)
Index("visit_letter", visit_table.c.letter_id)
Index("visit_soonest", visit_table.c.not_before, visit_table.c.id)
Index("visit_agency", visit_table.c.agency_id, visit_table.c.not_before)
Index("visit_collectors", visit_table.c.collectors, postgresql_using="gin")

#: `presence` is the signed presence, sealed: where a person stood is personal. It goes
#: after some days (docs/plausibility.md), unless it is evidence, and `evidence` says why.
checked_in_table = Table(
    "checked_in",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("collector_id", Uuid, nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("distance_m", Float, nullable=False),
    Column("accuracy_m", Float, nullable=False),
    Column("present_at", DateTime(timezone=True), nullable=False),
    Column("presence", JSONB),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("evidence", Text),
)
Index("checked_in_visit", checked_in_table.c.visit_id)
PRESENCE, EVIDENCE = checked_in_table.c.presence, checked_in_table.c.evidence
Index(
    "checked_in_kept",
    checked_in_table.c.at,
    postgresql_where=PRESENCE.is_not(None) & EVIDENCE.is_(None),
)

#: Under this name a fact holds what the bank alone may know, sealed.
SEALED = "sealed"
#: The phones' journals. `number` is the order in which they were taken in. The signature
#: stands with the last entry of the batch it was made over. `counts`: it may speak for the
#: pair. `earliest` and `latest` bound when it can have been made; `visit_id` is absent for
#: what is of the day alone, of a visit that is not this person's, or cannot be read. `kind`
#: is the fact's; rows of before there was one have none. Positions go after some days, and
#: leave their place in the chain (`link`); `evidence` says why they stay. `salt` is that of
#: what an entry says, `hides` names what it hides and `hidden` is the hash of that: with
#: them its link can be made again when what it hid is gone.
journal_table = Table(
    "journal",
    metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("visit_id", Uuid, ForeignKey("visit.id")),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("prev", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("fact", JSONB, nullable=False),
    Column("signature", Text),
    Column("counts", Boolean, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("boot_id", Uuid),
    Column("elapsed_ms", BigInteger),
    Column("satellite_at", DateTime(timezone=True)),
    Column("earliest", DateTime(timezone=True)),
    Column("latest", DateTime(timezone=True)),
    Column("kind", Text),
    Column("evidence", Text),
    Column("salt", Text),
    Column("hides", ARRAY(Text)),
    Column("hidden", Text),
)
Index("journal_visit", journal_table.c.visit_id, journal_table.c.number)
#: All but positions, of which a visit may have thousands. Asked for in these words.
HAPPENED = text("kind IS DISTINCT FROM 'position'")
Index(
    "journal_happened",
    journal_table.c.visit_id,
    journal_table.c.number,
    postgresql_where=HAPPENED,
)
#: Entries that say where a phone was, those of them that still do, and who was on duty.
#: Whoever asks for them says it in these words, or no index is found.
NOTED = text("kind IN ('position', 'at_the_gate')")
STILL_SAID = text(f"{NOTED} AND fact ? '{SEALED}'")
SHIFTS = text("kind IN ('shift_started', 'shift_ended')")
OF_NO_VISIT = journal_table.c.visit_id.is_(None)
Index(
    "journal_noted",
    journal_table.c.device_id,
    journal_table.c.at,
    postgresql_where=and_(NOTED, OF_NO_VISIT),
)
Index(
    "journal_shifts",
    journal_table.c.device_id,
    journal_table.c.seq,
    postgresql_where=SHIFTS,
)
Index(
    "journal_kept",
    journal_table.c.received_at,
    postgresql_where=and_(STILL_SAID, journal_table.c.evidence.is_(None)),
)

#: The last entry of a phone that follows all before it, and what is known of its clock and
#: its shift. Locked by whoever takes entries of it in, after the visits. `ahead`: entries
#: that wait for what lies before them.
head_table = Table(
    "journal_head",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("link", Text, nullable=False),
    Column("ahead", Integer, nullable=False),
    Column("on_duty", Boolean, nullable=False),
    Column("duty_at", DateTime(timezone=True)),
    Column("clock", JSONB, nullable=False),
)
Index("journal_head_person", head_table.c.person_id)

#: What came before what lies before it: sealed, until its time comes. `doubt` is the fact,
#: where it speaks against the pair: it counts at once. Over a year after it has joined, the
#: row goes; of what never joins it goes to `irregularity` then.
ahead_table = Table(
    "journal_ahead",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("device_id", Uuid, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("prev", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("visit_id", Uuid, ForeignKey("visit.id")),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("entry", JSONB, nullable=False),
    Column("doubt", JSONB),
    Column("signature", Text),
    Column("counts", Boolean, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("joined_at", DateTime(timezone=True)),
)
WAITING = ahead_table.c.joined_at.is_(None)
Index(
    "journal_ahead_waits",
    ahead_table.c.device_id,
    ahead_table.c.seq,
    postgresql_where=WAITING,
)
Index("journal_ahead_old", ahead_table.c.received_at, postgresql_where=WAITING)
DOUBTS = WAITING & ahead_table.c.doubt.is_not(None)
Index("journal_ahead_doubts", ahead_table.c.visit_id, postgresql_where=DOUBTS)

#: What was odd about what a phone sent in the name of a visit; `raw` is it, sealed, where
#: it is nowhere else. `posted_by` is whoever sent it, as one of a pair may carry what
#: the other's phone wrote; nobody, where we found it ourselves, or of before it was kept.
irregularity_table = Table(
    "irregularity",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("seq", BigInteger),
    Column("kind", Text, nullable=False),
    Column("raw", JSONB),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("posted_by", Uuid),
)
Index("irregularity_visit", irregularity_table.c.visit_id, irregularity_table.c.number)
Index("irregularity_device", irregularity_table.c.device_id, irregularity_table.c.at)

#: What the rules say of entries of which they speak.
verdict_table = Table(
    "verdict",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("clauses", ARRAY(Text), nullable=False),
    Column("decision_id", Uuid),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("verdict_visit", verdict_table.c.visit_id, verdict_table.c.device_id)

#: Since when something that this visit rests on has spoken against it, and until when.
#: `topic` names the thing: the topic of its standing, and its id.
withdrawal_table = Table(
    "withdrawal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("topic", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)
Index("withdrawal_visit", withdrawal_table.c.visit_id, withdrawal_table.c.at)

#: When somebody was refused in a way that tells what has happened to a visit, though no
#: rule was asked: `kind` is the problem's. Once since the newest withdrawal.
refusal_table = Table(
    "refusal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("refusal_visit", refusal_table.c.visit_id, refusal_table.c.person_id)

#: When a phone was told what time it is, and of what beside it (`ToldOf`). Kept 400 days.
anchor_table = Table(
    "anchor",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("device_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("told_of", Text, nullable=False, server_default="the_time"),
)
Index("anchor_device", anchor_table.c.device_id, anchor_table.c.at)
Index("anchor_old", anchor_table.c.at)

#: What may be used once by one visit to a case: the bank's leave to take cash or to ask
#: a third party, an hour that the debtor named or a supervisor vouched for. `used_for`
#: says what for (an amount, whom), `used_from` and `used_until` are the permit's it was
#: used by.
leave_table = Table(
    "leave",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("used_by", Uuid),
    Column("used_person", Uuid),
    Column("used_for", Text),
    Column("used_from", DateTime(timezone=True)),
    Column("used_until", DateTime(timezone=True)),
)
Index("leave_case", leave_table.c.case_id)
Index("leave_used_by", leave_table.c.used_by)

#: Payment codes of cases, sealed under the case's key. Those that ended stay: a journal may
#: name one by its digest later. `version` is of the standing that told of it last.
payment_code_table = Table(
    "payment_code",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("code", JSONB, nullable=False),
    Column("good_from", DateTime(timezone=True), nullable=False),
    Column("good_until", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)
Index("payment_code_case", payment_code_table.c.case_id, payment_code_table.c.version)

#: Photos and sound, by what they are; their bytes lie in the store of `chassis.media`.
#: `found` is what a worker saw, absent until then.
media_table = Table(
    "media",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("captured_at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("counts", Boolean, nullable=False),
    Column("found", JSONB),
    Column("deleted_at", DateTime(timezone=True)),
    Column("deleted_by", Text),
    Column("deleted_why", Text),
)
Index("media_visit", media_table.c.visit_id, media_table.c.captured_at, media_table.c.id)
Index("media_sha256", media_table.c.sha256)
# by which a copy is found that may be somebody else's too
Index("media_thumbnail", media_table.c.found["thumbnail"].astext)
Index("media_stripped", media_table.c.found["stripped"].astext)
Index("media_blurred", media_table.c.found["blurred"].astext)

#: What was asked, what was known (no names), and what was answered.
decision_table = Table(
    "decision",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("act", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("clauses", ARRAY(Text), nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("decision", JSONB, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("decision_visit", decision_table.c.visit_id, decision_table.c.at)

#: Whose a phone is or was, so that a person's phones are found; what it is worth now is
#: said by its standing.
phone_table = Table(
    "phone",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("device_id", Uuid, primary_key=True),
)

#: Calls for help. `called_at` is what the phone says, `at` when it was heard. `details`
#: are sealed: what kind of danger, and where the phone was. `climbed` counts how often
#: more people were told, because nobody had acted.
help_table = Table(
    "help",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("collector_id", Uuid, nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("called_at", DateTime(timezone=True), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("acknowledged_by", Text),
    Column("details", JSONB),
    Column("climbed", Integer, nullable=False, server_default="0"),
)
Index("help_visit", help_table.c.visit_id)

#: How plausible one collector's positions at a visit are, by the newest look at them: what
#: the findings come to, how many fixes were looked at, and how many were out of shift.
score_table = Table(
    "score",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("collector_id", Uuid, nullable=False),
    Column("combined", Float, nullable=False),
    Column("fixes", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("score_visit", score_table.c.visit_id)

#: What speaks against them, with its numbers. Never rewritten: another look that comes to
#: other numbers supersedes it.
finding_table = Table(
    "finding",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("collector_id", Uuid, nullable=False),
    Column("signal", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("says", Text, nullable=False),
    Column("numbers", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("superseded_at", DateTime(timezone=True)),
)
Index("finding_visit", finding_table.c.visit_id)

#: What the person says to it, sealed under the case's key.
finding_reply_table = Table(
    "finding_reply",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("finding_id", Uuid, ForeignKey("finding.id"), nullable=False),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("text", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("finding_reply_visit", finding_reply_table.c.visit_id)

#: Who looked at what was taken at a door, and why: a photo sharp, a recording, a bundle.
access_table = Table(
    "access",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("what", Text, nullable=False),
    Column("media_id", Uuid),
    Column("by", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("access_visit", access_table.c.visit_id, access_table.c.at)

#: What a photo says of itself, under its id: what it looks like (`likeness`, in four bands
#: by which it is found), `place` sealed under the case's key, and what its camera wrote.
#: `evidence` says why its place is kept for longer.
picture_table = Table(
    "picture",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("captured_at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("likeness", BigInteger),
    Column("band0", Integer),
    Column("band1", Integer),
    Column("band2", Integer),
    Column("band3", Integer),
    Column("place", JSONB),
    Column("evidence", Text),
    Column("exif", Boolean, nullable=False),
    Column("camera", Text),
    Column("editor", Text),
    Column("screen", Text),
    Column("retouched", Integer),
)
Index("picture_visit", picture_table.c.visit_id)
Index("picture_device", picture_table.c.device_id, picture_table.c.captured_at)
for each in ("band0", "band1", "band2", "band3"):
    band, at = picture_table.c[each], picture_table.c.captured_at
    Index(f"picture_{each}", band, at, postgresql_where=band.is_not(None))
PLACED = picture_table.c.place.is_not(None) & picture_table.c.evidence.is_(None)
Index("picture_placed", picture_table.c.received_at, postgresql_where=PLACED)

#: The grey cells of a photo, under its id, by which an old one of the very door that was
#: saved anew is told. Apart from the others: among a million look-ups read many rows.
grey_table = Table(
    "grey",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("captured_at", DateTime(timezone=True), nullable=False),
    Column("likeness", BigInteger, nullable=False),
    Column("cells", Text, nullable=False),
)
Index("grey_case", grey_table.c.case_id, grey_table.c.captured_at)
