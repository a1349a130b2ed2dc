"""Letters: what the bank puts on paper, above all the authorisation letter.

Owns    authorisation letters (授权书): numbered, for named people, revocable.
Keeps   agency and person standings.
Hears   nothing else yet.
Answers issue_authorisations, revoke_authorisation.
Says    authorisation_standing.
"""
