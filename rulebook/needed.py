"""What some book must settle before an act may be allowed.

Books can be chosen so that nothing they say forbids an act, because none of them speaks
of the hour, of the letter, of how near is near. Such a silence is not a yes. Any book may
break it, a bank's own contract as well as a standard.
"""

from collections.abc import Mapping
from types import MappingProxyType

from proto.decision import Act
from rulebook.entry import EntryConsent, EntryReason, NoObjection
from rulebook.identity import Confirmed, DebtorOnly
from rulebook.rule import Rule, Term
from rulebook.terms import PermitMinutes, VisitMinutes
from rulebook.visit import (
    AtTheAddress,
    AuthorisationLetter,
    Introduced,
    Mandate,
    MinVisitors,
    PresenceClock,
    PresenceFresh,
)
from rulebook.window import Window


def _keys(*norms: type[Rule] | type[Term]) -> tuple[str, ...]:
    return tuple(norm.key for norm in norms)


_EVERY_ACT = _keys(Window, MinVisitors, AuthorisationLetter, Mandate)
_TALK = (*_EVERY_ACT, *_keys(Introduced, Confirmed, DebtorOnly))
_MINUTES = _keys(VisitMinutes, PermitMinutes)

#: The rules that must be judged and the terms that must be set, by key, for each act.
NEEDED: Mapping[Act, tuple[str, ...]] = MappingProxyType(
    {
        Act.CHECK_IN: (
            *_EVERY_ACT,
            *_keys(AtTheAddress, PresenceFresh, PresenceClock),
            *_MINUTES,
        ),
        Act.DISCUSS_DEBT: (*_TALK, *_MINUTES),
        Act.ENTER_PREMISES: (
            *_TALK,
            *_keys(EntryReason, EntryConsent, NoObjection),
            *_MINUTES,
        ),
    }
)
