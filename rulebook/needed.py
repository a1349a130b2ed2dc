"""What some book must settle before an act may be allowed.

Books can be chosen so that nothing they say forbids an act, because none of them speaks
of the hour, of the letter, of how near is near. Such a silence is not a yes. Any book may
break it, a bank's own contract as well as a standard.
"""

from collections.abc import Mapping
from types import MappingProxyType

from proto.decision import Act
from rulebook.case import AddressOpen
from rulebook.entry import EntryConsent, EntryReason, NoObjection
from rulebook.identity import Capable, Confirmed, DebtorOnly
from rulebook.letter import Template, ToTheDebtor
from rulebook.money import BankCode, CashAuthority, CashCap, CashMandate, CashReason
from rulebook.rule import Rule, Term
from rulebook.terms import (
    BankingHours,
    ClimbSeconds,
    ClosingHours,
    EndEarlyMinutes,
    ExitMinutes,
    FourEyes,
    Knocks,
    MoneyLeftMinutes,
    PartnerMinutes,
    PermitMinutes,
    ReceiptMinutes,
    ReportHours,
    VisitMinutes,
    WaitMinutes,
    WarnMinutes,
)
from rulebook.third_party import LocateConsent, LocatePermit
from rulebook.visit import (
    AnsweredInTime,
    AtTheAddress,
    AuthorisationLetter,
    Introduced,
    Mandate,
    MinVisitors,
    NeverAgain,
    OnceADay,
    OnDuty,
    PositionAccuracy,
    PresenceClock,
    PresenceFresh,
    Recorded,
    Together,
)
from rulebook.window import Window


def _keys(*norms: type[Rule] | type[Term]) -> tuple[str, ...]:
    return tuple(norm.key for norm in norms)


_EVERY_ACT = _keys(Window, MinVisitors, AuthorisationLetter, Mandate)
_WITH_ANYBODY = _keys(Recorded, Capable)
_TALK = (*_EVERY_ACT, *_keys(Introduced, Confirmed, DebtorOnly), *_WITH_ANYBODY)
_MINUTES = _keys(VisitMinutes, PermitMinutes)
_ENDS = _keys(WarnMinutes, PartnerMinutes, EndEarlyMinutes, ClosingHours, Knocks)
_DANGER = _keys(NeverAgain, ClimbSeconds, ReportHours)
_CASH = _keys(CashCap, BankingHours, ReceiptMinutes)

#: The rules that must be judged and the terms that must be set, by key, for each act.
NEEDED: Mapping[Act, tuple[str, ...]] = MappingProxyType(
    {
        Act.CHECK_IN: (
            *_EVERY_ACT,
            *_keys(OnceADay, AtTheAddress, PositionAccuracy),
            *_keys(PresenceFresh, PresenceClock, AddressOpen),
            *_keys(OnDuty, Together, AnsweredInTime),
            *_keys(WaitMinutes, ExitMinutes, MoneyLeftMinutes),
            *_ENDS,
            *_DANGER,
            *_MINUTES,
        ),
        Act.DISCUSS_DEBT: (*_TALK, *_MINUTES),
        Act.ENTER_PREMISES: (
            *_TALK,
            *_keys(EntryReason, EntryConsent, NoObjection),
            *_MINUTES,
        ),
        Act.COLLECT_CASH: (*_TALK, *_keys(CashAuthority), *_CASH, *_MINUTES),
        Act.HAND_OVER_LETTER: (
            *_EVERY_ACT,
            *_WITH_ANYBODY,
            *_keys(ToTheDebtor, Template),
            *_MINUTES,
        ),
        Act.ASK_THIRD_PARTY: (
            *_EVERY_ACT,
            *_WITH_ANYBODY,
            *_keys(Introduced, LocateConsent, LocatePermit),
            *_MINUTES,
        ),
        Act.SHOW_PAYMENT_CODE: (*_TALK, *_keys(BankCode), *_MINUTES),
        Act.AUTHORISE_CASH: (*_keys(CashMandate, CashReason), *_CASH, *_keys(FourEyes)),
    }
)
