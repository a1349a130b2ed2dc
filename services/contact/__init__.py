"""Contact: who may be called and written to, how and how often.

Owns    permits to call and write, call order, identity checks (from its first slice on).
Keeps   case standings: a case that is not placed is not contacted.
Hears   nothing else yet.
Answers nothing yet.
Says    nothing yet.
"""
