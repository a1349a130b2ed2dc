"""Everything a clause may name: rules and terms by key, and norms kept elsewhere."""

from rulebook import entry, identity, terms, visit, window
from rulebook.rule import Rule, Term

_RULES: tuple[type[Rule], ...] = (
    window.Window,
    visit.MinVisitors,
    visit.Mandate,
    visit.AuthorisationLetter,
    visit.LetterShown,
    visit.BadgeShown,
    visit.Introduced,
    visit.Certificate,
    visit.InService,
    visit.AtTheAddress,
    visit.PositionAccuracy,
    visit.PresenceFresh,
    visit.PresenceClock,
    identity.Confirmed,
    identity.Items,
    identity.DebtorOnly,
    entry.EntryReason,
    entry.EntryConsent,
    entry.NoObjection,
)
_TERMS: tuple[type[Term], ...] = (
    terms.EntryReasons,
    terms.PermitMinutes,
    terms.VisitMinutes,
)

RULES = {rule.key: rule for rule in _RULES}
TERMS = {term.key: term for term in _TERMS}

#: What keeps norms that are not judged, and which: they cannot be broken
#: (`guard:<part>.<norm>`, by that part's model) or people keep them (`procedure:<name>`).
KEPT_ELSEWHERE = {"guard:dispatch.masked_values": frozenset({"visit.masked_values"})}
