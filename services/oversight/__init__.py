"""Oversight: the record across services, and what it shows.

Owns    the audit record: from the first day every refusal and every breach.
Keeps   nothing of others.
Hears   field_visit.check_in_not_allowed, talk_not_allowed, entry_not_allowed,
        breach_recorded.
Answers nothing yet.
Says    nothing yet.
"""
