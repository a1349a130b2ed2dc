"""Who is told of which event: the one table of it, for everything that shows events.

An event that is in no list is for the bank alone. What nobody outside is shown of any
event, its sealed fields first, is left out by `shown`.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from proto.base import Envelope, Event, Role
from proto.complaints import ComplaintClosed, ComplaintOpened, WorkStanding
from proto.contact import ThirdPartyPermitted, ThirdPartyStanding
from proto.dispatch import (
    AddressClosed,
    AddressReopened,
    CaseHeld,
    CaseOpened,
    CaseRecalled,
    CaseResumed,
    CaseStanding,
    DangerNoted,
    DangerReported,
    DangerReportOverdue,
    DebtPaidOff,
    HoldReviewDue,
    LegalHoldLifted,
    LegalHoldPut,
    LiabilityTyped,
    VisitPlanned,
    WorkResumed,
    WorkStopped,
)
from proto.field_visit import (
    AddressFoundWrong,
    AppointmentRecorded,
    BreachRecorded,
    BreachSuspected,
    CashAllowed,
    CashNotAllowed,
    CashTaken,
    CheckInNotAllowed,
    CircumstanceNoted,
    ClearanceRevoked,
    CollectorsArrived,
    CollectorsLeft,
    ComplaintHeard,
    ConsentRecorded,
    DebtDisputed,
    EntryAllowed,
    EntryDeclined,
    EntryNotAllowed,
    HelpAcknowledged,
    HelpCalled,
    HelpClimbed,
    JournalIrregular,
    LetterHandedOver,
    LetterNotAllowed,
    MediaDeleted,
    MediaInspected,
    MediaReceived,
    MoneyLeftBehind,
    PairSwapped,
    PartnerMissing,
    PaymentCodeNotAllowed,
    PaymentTold,
    PlausibilityScored,
    PremisesEntered,
    PremisesLeft,
    TalkNotAllowed,
    ThirdPartyMayBeAsked,
    ThirdPartyNotAllowed,
    TreeHeadSigned,
    VisitCorrected,
    VisitCutShort,
    VisitSealed,
    WindowCloses,
)
from proto.letters import AuthorisationStanding, TemplateStanding
from proto.recovery import (
    BankingOverdue,
    CashAuthorised,
    CashBanked,
    CashNotAuthorised,
    CashStanding,
    MoneyLeftNoted,
    PaymentCodeStanding,
    ReceiptIssued,
    ReceiptMissing,
)
from proto.unsealed import unsealed
from proto.workforce import AgencyStanding, DeviceStanding, PersonStanding


class Audience(StrEnum):
    """People who are told the same. Of an agency: what is its own, see `TOLD_TO`."""

    OFFICER = "bank_officer"
    COMPLIANCE = "compliance"
    DESK = "complaints_officer"
    AGENCY = "agency"


Audiences = frozenset[Audience]

#: As whom each role hears; a role that is not here hears nothing.
AUDIENCE_OF: dict[Role, Audience] = {
    Role.BANK_OFFICER: Audience.OFFICER,
    Role.COMPLIANCE: Audience.COMPLIANCE,
    Role.COMPLAINTS_OFFICER: Audience.DESK,
    Role.SUPERVISOR: Audience.AGENCY,
    Role.FIELD_COLLECTOR: Audience.AGENCY,
}

#: Compliance reads everything; a bank's officer all but what somebody complained of.
BANK: Audiences = frozenset({Audience.OFFICER, Audience.COMPLIANCE})
COMPLAINTS: Audiences = frozenset({Audience.DESK, Audience.COMPLIANCE})
BANK_AND_DESK: Audiences = BANK | COMPLAINTS
#: The bank, and the agency whose visit or case it is: named by the event's `agency_id`,
#: or of whom the visit is that somebody follows.
ITS_AGENCY: Audiences = BANK | {Audience.AGENCY}

#: What somebody complained of.
OF_COMPLAINTS = (ComplaintClosed, ComplaintOpened, WorkStanding)
#: Why a case is held, what the bank decides, and what services tell each other of people,
#: phones and papers. Agencies have learned or done the last themselves. How plausible
#: positions are is shown to a supervisor and to whom it is about, each their own.
OF_THE_BANK = (
    AgencyStanding,
    AuthorisationStanding,
    CaseHeld,
    CaseOpened,
    CaseResumed,
    CaseStanding,
    CashAuthorised,
    CashNotAuthorised,
    CashStanding,
    CircumstanceNoted,
    DangerNoted,
    DangerReported,
    DangerReportOverdue,
    DeviceStanding,
    HoldReviewDue,
    LegalHoldLifted,
    LegalHoldPut,
    LiabilityTyped,
    MoneyLeftNoted,
    PaymentCodeStanding,
    PersonStanding,
    PlausibilityScored,
    TemplateStanding,
    ThirdPartyPermitted,
    ThirdPartyStanding,
    TreeHeadSigned,
)
#: What is planned and done at a door, and with its money.
OF_THE_DOOR = (
    AddressClosed,
    AddressFoundWrong,
    AddressReopened,
    AppointmentRecorded,
    BankingOverdue,
    BreachRecorded,
    BreachSuspected,
    CaseRecalled,
    CashAllowed,
    CashBanked,
    CashNotAllowed,
    CashTaken,
    CheckInNotAllowed,
    ClearanceRevoked,
    CollectorsArrived,
    CollectorsLeft,
    ConsentRecorded,
    DebtDisputed,
    DebtPaidOff,
    EntryAllowed,
    EntryDeclined,
    EntryNotAllowed,
    HelpAcknowledged,
    HelpCalled,
    HelpClimbed,
    JournalIrregular,
    LetterHandedOver,
    LetterNotAllowed,
    MediaDeleted,
    MediaInspected,
    MediaReceived,
    MoneyLeftBehind,
    PartnerMissing,
    PaymentCodeNotAllowed,
    PaymentTold,
    PairSwapped,
    PremisesEntered,
    PremisesLeft,
    ReceiptIssued,
    ReceiptMissing,
    TalkNotAllowed,
    ThirdPartyMayBeAsked,
    ThirdPartyNotAllowed,
    VisitCutShort,
    WindowCloses,
    VisitPlanned,
    WorkResumed,
    WorkStopped,
    VisitSealed,
    VisitCorrected,
)

TOLD_TO: dict[type[Event], Audiences] = {
    **dict.fromkeys(OF_COMPLAINTS, COMPLAINTS),
    ComplaintHeard: BANK_AND_DESK,
    **dict.fromkeys(OF_THE_BANK, BANK),
    **dict.fromkeys(OF_THE_DOOR, ITS_AGENCY),
}
BY_TOPIC = {event.topic(): audiences for event, audiences in TOLD_TO.items()}

#: Without `sequence`: a gap in it would tell of an event that is hidden.
OURS = frozenset({"by", "sequence"})
#: By which we find the code on a badge, and nobody else should.
HIDDEN = frozenset({"badge_blind"})


def told_to(topic: str) -> Audiences:
    """Return who is told of events of a topic; of one that nobody listed, the bank."""
    return BY_TOPIC.get(topic, BANK)


def told_to_the_bank_only() -> Iterator[type[Event]]:
    """Yield every event that agencies and phones never see."""
    for event, audiences in TOLD_TO.items():
        if Audience.AGENCY not in audiences:
            yield event


def shown(envelope: Envelope) -> dict[str, Any]:
    """Return an event as JSON, as all who are told of it are shown it."""
    said = envelope.model_dump(mode="json", exclude=set(OURS))
    data = unsealed(envelope.data)
    return said | {"data": {k: v for k, v in data.items() if k not in HIDDEN}}
