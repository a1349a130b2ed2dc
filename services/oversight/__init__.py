"""Oversight: the record across services, and what it shows.

Owns    the audit record: every refusal, every breach, and what was left undone. From the
        stream of all events: the board of a day, and the timeline of each case and visit.
Keeps   agency, person, case and work standings, from the stream as well.
Hears   field_visit.check_in_not_allowed, talk_not_allowed, entry_not_allowed,
        cash_not_allowed, letter_not_allowed, payment_code_not_allowed,
        third_party_not_allowed, breach_recorded, breach_suspected,
        recovery.cash_not_authorised, receipt_missing, banking_overdue,
        dispatch.danger_report_overdue; cash_banked and money_left_noted, of which only
        what a clause speaks against is a finding.
Answers show_board, show_bank_board, show_timeline.
Says    nothing yet.
"""
