"""Dispatch: which case is worked, by whom, and when its door is visited.

Owns    cases (委案), their books, their placement, why they are held, the visit plan,
        who was in danger at which door, appointments at another place.
Keeps   agency, person, authorisation, template and work standings.
Hears   field_visit.debt_disputed, field_visit.circumstance_noted,
        field_visit.address_found_wrong, field_visit.help_called,
        field_visit.visit_cut_short, field_visit.pair_swapped,
        field_visit.appointment_recorded, complaints.work_standing.
Answers open_cases, show_case, hold_case, resume_case, review_hold, recall_case,
        mark_paid_off, reopen_address, report_danger, report_circumstance,
        show_circumstances, put_legal_hold, lift_legal_hold, show_legal_holds,
        type_liable, release_liable, plan_visits; to itself
        hold_review_falls, danger_report_falls, close_address, end_appointment.
Says    case_opened, case_held, case_resumed, work_stopped, work_resumed,
        hold_review_due, case_recalled, debt_paid_off, address_closed,
        address_reopened, danger_noted, danger_reported, danger_report_overdue,
        liability_typed, legal_hold_put, legal_hold_lifted, case_standing, visit_planned.
"""
