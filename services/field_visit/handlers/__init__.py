"""What field_visit does with each message: one module a matter, one function a message."""

from services.field_visit.handlers.anchors import (
    anchor_pack,
    gather_phones,
    of_the_phone,
    take_anchor,
)
from services.field_visit.handlers.asks import (
    discuss_debt,
    enter_premises,
    hand_over_letter,
    show_payment_code,
)
from services.field_visit.handlers.badges import check_badge
from services.field_visit.handlers.check_in import check_in, of_the_pair
from services.field_visit.handlers.codes import keep_code
from services.field_visit.handlers.corrections import correct_visit, corrector_of
from services.field_visit.handlers.course import check_out, plan
from services.field_visit.handlers.coverage import show_coverage
from services.field_visit.handlers.day import show_day
from services.field_visit.handlers.evidence import (
    EVIDENCE_READERS,
    open_evidence,
    show_disclosures,
)
from services.field_visit.handlers.giving_up import give_up_waiting
from services.field_visit.handlers.granting import grant_visit, note_phone
from services.field_visit.handlers.help import (
    acknowledge_help,
    climb_help,
    helper_of,
    show_help,
    summon_help,
)
from services.field_visit.handlers.hours import boss_of, sign_off_hour
from services.field_visit.handlers.journal import record_journal
from services.field_visit.handlers.journal_shown import show_journal
from services.field_visit.handlers.leaves import keep_cash, keep_third_party
from services.field_visit.handlers.log import (
    list_tree_heads,
    look_at_log,
    note_tree_head,
)
from services.field_visit.handlers.looking import look_at_media, note_look, show_looks
from services.field_visit.handlers.media import (
    list_media,
    note_inspection,
    receive_media,
    show_media,
)
from services.field_visit.handlers.packing import collect_pack
from services.field_visit.handlers.pairing import show_pairing
from services.field_visit.handlers.plausibility import (
    SCORE_READERS,
    let_positions_go,
    note_scores,
    reply_to_finding,
    show_plausibility,
)
from services.field_visit.handlers.recording import judge_recording
from services.field_visit.handlers.reports import note_report, show_report
from services.field_visit.handlers.revoking import withdraw, withdraw_template
from services.field_visit.handlers.sealing import note_seal
from services.field_visit.handlers.shown import list_visits, show_visit
from services.field_visit.handlers.spending import ask_third_party, collect_cash
from services.field_visit.handlers.swapping import swap_partner
from services.field_visit.handlers.timers import end_stay, expect_left, look_around

__all__ = [
    "gather_phones",
    "of_the_phone",
    "anchor_pack",
    "take_anchor",
    "show_journal",
    "SCORE_READERS",
    "acknowledge_help",
    "ask_third_party",
    "boss_of",
    "summon_help",
    "climb_help",
    "expect_left",
    "show_help",
    "check_badge",
    "check_in",
    "check_out",
    "collect_cash",
    "collect_pack",
    "discuss_debt",
    "end_stay",
    "enter_premises",
    "give_up_waiting",
    "grant_visit",
    "hand_over_letter",
    "helper_of",
    "keep_cash",
    "keep_code",
    "keep_third_party",
    "let_positions_go",
    "list_media",
    "list_visits",
    "look_around",
    "note_phone",
    "note_inspection",
    "note_scores",
    "of_the_pair",
    "plan",
    "receive_media",
    "record_journal",
    "judge_recording",
    "show_coverage",
    "show_day",
    "reply_to_finding",
    "show_media",
    "show_pairing",
    "show_payment_code",
    "show_plausibility",
    "show_visit",
    "sign_off_hour",
    "swap_partner",
    "withdraw",
    "withdraw_template",
    "look_at_media",
    "note_look",
    "show_looks",
    "EVIDENCE_READERS",
    "correct_visit",
    "corrector_of",
    "list_tree_heads",
    "look_at_log",
    "note_seal",
    "note_tree_head",
    "open_evidence",
    "show_disclosures",
    "note_report",
    "show_report",
]
