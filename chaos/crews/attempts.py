"""What nobody may be allowed: each kind of it, and the clauses that forbid just this.

A kind without clauses is refused before any rule is asked: there is no such door for who
asks (404), or nobody is cleared to ask there now (409). Clauses are those of the books
that the cases of `tests/acting.py` name.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attempt:
    """A kind, and all the clauses that a decision against it must name, and no other."""

    kind: str
    clauses: tuple[str, ...] = ()


NO_CONSENT = Attempt("entry without consent", ("21.090", "4.29"))
NO_REASON = Attempt("entry without consent", ("4.28",))
UNIDENTIFIED = Attempt("entry without consent", ("16.10", "16.11", "4.10", "4.11"))
#: To come in before anybody is known to be the debtor: both at once.
NOBODY_KNOWN = Attempt(NO_CONSENT.kind, (*UNIDENTIFIED.clauses, *NO_CONSENT.clauses))
NO_AUTHORITY = Attempt("cash without authority", ("4.30", "4.32"))
ABOVE_THE_CAP = Attempt("cash without authority", ("4.32",))
ONE_VISITOR = Attempt("one visitor", ("4.27",))
LEFT_ALONE = Attempt("one visitor")
PACK_EXPIRED = Attempt("expired pack")
OTHER_AGENCY = Attempt("another agency's case")
AFTER_HOURS = Attempt("after hours", ("21.084", "4.05"))
TURNED_AWAY = Attempt("after hours")
UNCERTIFIED = Attempt("certificate revoked", ("21.009",))
SENT_OFF = Attempt("certificate revoked")
HELD = Attempt("case held", ("4.38",))
LOST_PHONE = Attempt("phone revoked")
REVOKED_LETTER = Attempt("letter revoked")

#: Those that the crews try by turns, each as often as another.
BY_TURNS = (
    NO_CONSENT.kind,
    AFTER_HOURS.kind,
    PACK_EXPIRED.kind,
    NO_AUTHORITY.kind,
    OTHER_AGENCY.kind,
    ONE_VISITOR.kind,
    UNCERTIFIED.kind,
)
