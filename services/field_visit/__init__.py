"""Field visits: a pair, a door, whoever opens, and what may happen there.

Owns    visits, check-ins, the phones' journals, photos, sound and film, calls for help,
        decisions at the door, how plausible positions are, and which visit used what
        may be used once.
Keeps   agency, person, device, authorisation, case, work and template standings.
Hears   dispatch.visit_planned, recovery.cash_standing,
        recovery.payment_code_standing, contact.third_party_standing.
Answers check_in, record_journal, show_journal, take_anchor, anchor_pack,
        discuss_debt, enter_premises, collect_cash, show_payment_code, hand_over_letter,
        ask_third_party, sign_off_hour, swap_partner, check_out, show_visit, list_visits,
        check_badge, grant_visit, show_pairing, collect_pack, show_day, summon_help,
        acknowledge_help, show_help, receive_media, show_media, list_media,
        show_plausibility, reply_to_finding, look_at_media, show_looks, show_coverage,
        list_tree_heads, correct_visit, open_evidence, show_disclosures,
        show_report; to itself
        look_around, end_stay, expect_left,
        climb_help, note_inspection, note_scores, let_positions_go, give_up_waiting,
        judge_recording, note_seal, look_at_log, note_tree_head, note_report.
Says    collectors_arrived, check_in_not_allowed, talk_not_allowed, entry_not_allowed,
        entry_allowed, cash_allowed, cash_not_allowed, cash_taken, money_left_behind,
        letter_not_allowed, letter_handed_over, third_party_may_be_asked,
        third_party_not_allowed, payment_code_not_allowed, consent_recorded,
        entry_declined, premises_entered,
        premises_left, debt_disputed, circumstance_noted, complaint_heard,
        address_found_wrong, appointment_recorded, breach_recorded, breach_suspected,
        collectors_left, clearance_revoked, partner_missing, window_closes,
        visit_cut_short, help_called, help_climbed, help_acknowledged,
        media_received, media_inspected, journal_irregular, payment_told, pair_swapped,
        plausibility_scored, visit_sealed, visit_corrected, tree_head_signed.
"""
