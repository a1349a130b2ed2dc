"""Complaints: what a customer objects to, and the bank's three working days.

Owns    complaints, disputes, fraud claims, their clock and outcome (from its first
        slice on); from the first day: who stood at which door, so that a complaint
        about a visit finds it.
Keeps   case standings.
Hears   field_visit.collectors_arrived.
Answers nothing yet.
Says    nothing yet.
"""
