"""Field visits: a pair, a door, whoever opens, and what may happen there.

Owns    visits, check-ins, the phones' journals, decisions at the door.
Keeps   agency, person, device, authorisation and case standings.
Hears   dispatch.visit_planned.
Answers check_in, record_journal, discuss_debt, enter_premises, check_out, show_visit,
        list_visits.
Says    collectors_arrived, check_in_not_allowed, talk_not_allowed, entry_not_allowed,
        entry_allowed, consent_recorded, entry_declined, breach_recorded, collectors_left,
        clearance_revoked.
"""
