"""Dispatch: which case is worked, by whom, and when its door is visited.

Owns    cases (委案), their books, their placement, the visit plan.
Keeps   agency, person and authorisation standings.
Hears   nothing else yet.
Answers open_cases, hold_case, resume_case, plan_visits.
Says    case_opened, case_held, case_resumed, case_standing, visit_planned.
"""
