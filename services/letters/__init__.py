"""Letters: what the bank puts on paper, above all the authorisation letter.

Owns    authorisation letters (授权书): numbered, for named people, revocable; which
        templates of letters to debtors (催收信函模板) the bank approves of.
Keeps   agency and person standings.
Hears   nothing else yet.
Answers issue_authorisations, revoke_authorisation, approve_template.
Says    authorisation_standing, template_standing.
"""
