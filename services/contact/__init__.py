"""Contact: who may be called, written to, or asked about somebody else.

Owns    permits to ask one third party once where a debtor is; permits to call and write,
        call order and identity checks (from their slice on).
Keeps   case standings: a case that is not placed is not contacted.
Hears   field_visit.third_party_may_be_asked.
Answers permit_third_party, revoke_third_party_permit.
Says    third_party_permitted, third_party_standing.
"""
