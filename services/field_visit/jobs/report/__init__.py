"""The visit report (外访报告): one page of what a sealed visit says, for people.

`reading` makes a `Report` of the sealed lines alone, `laying` says it in two languages,
`paper` sets it, in a child. docs/report.md.
"""
