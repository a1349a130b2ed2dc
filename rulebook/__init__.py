"""The rulebook: what each book allows, as data, and what that means, as code.

`books/` has one file per rulebook: clauses with a citation, dates and limits.
A topic module has one class per clause key: what the clause means for some facts.
`judge` puts every clause of a case's books to the facts and says why, if not.
"""

from rulebook.book import load
from rulebook.engine import (
    entry_reasons,
    foretell,
    judge,
    permit_minutes,
    visit_minutes,
)
from rulebook.facts import Consent, DoorFacts, Here, Letter
from rulebook.reading import Misprint
from rulebook.wording import name, script

__all__ = [
    "Consent",
    "DoorFacts",
    "Here",
    "Letter",
    "Misprint",
    "entry_reasons",
    "foretell",
    "judge",
    "load",
    "name",
    "permit_minutes",
    "script",
    "visit_minutes",
]
