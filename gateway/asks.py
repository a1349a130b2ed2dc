"""Every route that is one question to one service. The table is the whole API of them."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.responses import Response

from chassis.errors import Invalid
from gateway import bodies, problems
from gateway.bodies import IMPORT, PHONE
from gateway.door import Call, Door, Work, mount
from gateway.landing import ways
from gateway.roles import (
    BANK,
    BANK_READERS,
    BOARD_READERS,
    CASH_CARRIERS,
    COLLECTORS,
    COMPLAINT_READERS,
    COMPLAINTS_DESK,
    COMPLIANCE,
    DEVICE_KEEPERS,
    HEARERS,
    HELPERS,
    OPEN,
    SCORE_READERS,
    SUPERVISORS,
    VISIT_READERS,
    Roles,
)
from gateway.strangers import note_guess, stranger
from gateway.wording import Language, preferred
from proto import ids
from proto.anchors import Anchor, TakeAnchor
from proto.base import Answer, Command, Detail, Problem, Reply
from proto.circumstances import (
    CircumstancesShown,
    CircumstanceTaken,
    ReportCircumstance,
    ShowCircumstances,
)
from proto.complaints import (
    CloseComplaint,
    ComplainByBadge,
    ComplaintList,
    ComplaintShown,
    FileComplaint,
    Filed,
    ListComplaints,
    ShowComplaint,
)
from proto.contact import PermitThirdParty, RevokeThirdPartyPermit, ThirdPartyPermit
from proto.day import Day, ShowDay
from proto.decision import Judgement, Outcome
from proto.dispatch import (
    CaseShown,
    CasesOpened,
    HoldCase,
    LegalHoldKnown,
    LegalHolds,
    LiftLegalHold,
    MarkPaidOff,
    OpenCases,
    PlanVisits,
    PutLegalHold,
    RecallCase,
    ReleaseLiable,
    ReopenAddress,
    ReportDanger,
    ResumeCase,
    ReviewHold,
    ShowCase,
    ShowLegalHolds,
    TypeLiable,
    VisitsPlanned,
)
from proto.evidence import CorrectionKept, CorrectVisit, ListTreeHeads, TreeHeads
from proto.field_visit import (
    AcknowledgeHelp,
    AskThirdParty,
    BadgeChecked,
    CheckBadge,
    CheckIn,
    CheckOut,
    Clearance,
    Closed,
    CollectCash,
    DiscussDebt,
    EnterPremises,
    HandOverLetter,
    HelpKnown,
    HelpShown,
    HourSignedOff,
    JournalShown,
    ListVisits,
    PartnerSwapped,
    Received,
    RecordJournal,
    ShowHelp,
    ShowJournal,
    ShowPaymentCode,
    ShowVisit,
    SignOffHour,
    SummonHelp,
    SwapPartner,
    VisitList,
    VisitShown,
)
from proto.letters import (
    ApproveTemplate,
    IssueAuthorisations,
    Issued,
    RevokeAuthorisation,
    TemplateShown,
)
from proto.looking import LooksShown, ShowLooks
from proto.media import DeleteMedia, ListMedia, MediaGone, MediaList
from proto.oversight import (
    BankBoard,
    Board,
    ShowBankBoard,
    ShowBoard,
    ShowTimeline,
    Timeline,
)
from proto.plausibility import (
    PlausibilityShown,
    ReplyKept,
    ReplyToFinding,
    ShowPlausibility,
)
from proto.recording import CoverageShown, ShowCoverage
from proto.recovery import (
    AuthoriseCash,
    Authority,
    BankCash,
    CashAnswer,
    ConfirmCash,
    IncidentShown,
    IssueReceipt,
    MoneyShown,
    PostedCode,
    PostPaymentCode,
    ReceiptShown,
    RevokeCash,
    RevokePaymentCode,
    SettleMoneyLeft,
    ShowMoney,
    ShowReceipt,
)
from proto.workforce import (
    DeviceShown,
    EnrolDevice,
    RegisterAgencies,
    RegisterDevices,
    Registered,
    RegisterPeople,
    RevokeDevice,
)


@dataclass(frozen=True)
class Ask:
    """A route, the service that answers, and who may ask it."""

    method: str
    path: str
    service: str
    command: type[Command]
    reply: type[Reply]
    roles: Roles
    most: int = PHONE
    #: Whether it is an order, done once under a key, and not a question.
    keyed: bool = True
    #: How a fact, or a complaint, lands when nobody can be asked.
    lands: ways.Way | None = None

    def door(self) -> Door:
        return Door(
            name=self.command.operation(),
            method=self.method,
            path=self.path,
            roles=self.roles,
            takes=self.command if self.method == "POST" else None,
            gives=self.reply,
            most=self.most,
            says=self.command.__doc__ or "",
            keyed=self.method == "POST" and self.keyed,
            lands=self.lands.gives if self.lands else None,
        )


#: Characters of an idempotency key.
LONGEST_KEY = 255

VISIT = "/v1/visits/{visit_id}"
CASE = "/v1/cases/{case_id}"
DEVICE = "/v1/devices/{device_id}"
LETTER = "/v1/authorisations/{letter_id}"
THIRD = f"{CASE}/third-party-permits"
CASH = f"{CASE}/cash-authorities"
CODE = f"{CASE}/payment-code"
RECEIPT = "/v1/receipts/{receipt_id}"
COMPLAINT = "/v1/complaints/{complaint_id}"

# fmt: off
ASKS = (
    Ask("POST", "/v1/agencies", "workforce", RegisterAgencies, Registered, BANK, IMPORT),
    Ask("POST", "/v1/people", "workforce", RegisterPeople, Registered, BANK, IMPORT),
    Ask("POST", "/v1/devices", "workforce", RegisterDevices, Registered, BANK, IMPORT),
    Ask("POST", f"{DEVICE}/key", "workforce", EnrolDevice, DeviceShown, COLLECTORS),
    Ask("POST", f"{DEVICE}/revocation", "workforce", RevokeDevice, DeviceShown, DEVICE_KEEPERS),  # noqa: E501
    Ask("POST", "/v1/authorisations", "letters", IssueAuthorisations, Issued, BANK, IMPORT),
    Ask("POST", f"{LETTER}/revocation", "letters", RevokeAuthorisation, Issued, BANK),
    Ask("POST", "/v1/cases", "dispatch", OpenCases, CasesOpened, BANK, IMPORT),
    Ask("GET", CASE, "dispatch", ShowCase, CaseShown, BANK_READERS),
    Ask("POST", f"{CASE}/hold", "dispatch", HoldCase, CaseShown, BANK),
    Ask("POST", f"{CASE}/hold-review", "dispatch", ReviewHold, CaseShown, BANK),
    Ask("POST", f"{CASE}/resumption", "dispatch", ResumeCase, CaseShown, BANK),
    Ask("POST", f"{CASE}/recall", "dispatch", RecallCase, CaseShown, BANK),
    Ask("POST", f"{CASE}/payoff", "dispatch", MarkPaidOff, CaseShown, BANK),
    Ask("POST", f"{CASE}/dangers/{{danger_id}}/report", "dispatch", ReportDanger, CaseShown, BANK),  # noqa: E501
    Ask("POST", f"{CASE}/circumstances", "dispatch", ReportCircumstance, CircumstanceTaken, HEARERS),  # noqa: E501
    Ask("GET", f"{CASE}/circumstances", "dispatch", ShowCircumstances, CircumstancesShown, BANK_READERS),  # noqa: E501
    Ask("POST", f"{CASE}/liable", "dispatch", TypeLiable, CaseShown, BANK),
    Ask("POST", f"{CASE}/liable/{{liable_id}}/release", "dispatch", ReleaseLiable, CaseShown, BANK),  # noqa: E501
    Ask("POST", f"{CASE}/legal-hold", "dispatch", PutLegalHold, LegalHoldKnown, COMPLIANCE),
    Ask("POST", f"{CASE}/legal-hold/{{hold_id}}/lifting", "dispatch", LiftLegalHold, LegalHoldKnown, COMPLIANCE),  # noqa: E501
    Ask("GET", f"{CASE}/legal-hold", "dispatch", ShowLegalHolds, LegalHolds, COMPLIANCE),
    Ask("POST", f"{CASE}/address-reopening", "dispatch", ReopenAddress, CaseShown, BANK),
    Ask("POST", THIRD, "contact", PermitThirdParty, ThirdPartyPermit, BANK),
    Ask("POST", f"{THIRD}/{{permit_id}}/revocation", "contact", RevokeThirdPartyPermit, ThirdPartyPermit, BANK),  # noqa: E501
    Ask("POST", CASH, "recovery", AuthoriseCash, CashAnswer, BANK),
    Ask("POST", f"{CASH}/{{authority_id}}/confirmation", "recovery", ConfirmCash, CashAnswer, BANK),  # noqa: E501
    Ask("POST", f"{CASH}/{{authority_id}}/revocation", "recovery", RevokeCash, Authority, BANK),  # noqa: E501
    Ask("POST", CODE, "recovery", PostPaymentCode, PostedCode, BANK),
    Ask("POST", f"{CODE}/{{code_id}}/revocation", "recovery", RevokePaymentCode, PostedCode, BANK),  # noqa: E501
    Ask("GET", f"{CASE}/money", "recovery", ShowMoney, MoneyShown, BANK_READERS),
    Ask("POST", f"{CASE}/money-left/{{incident_id}}/settlement", "recovery", SettleMoneyLeft, IncidentShown, BANK),  # noqa: E501
    Ask("POST", f"{VISIT}/receipts", "recovery", IssueReceipt, ReceiptShown, COLLECTORS),
    Ask("GET", RECEIPT, "recovery", ShowReceipt, ReceiptShown, VISIT_READERS),
    Ask("POST", f"{RECEIPT}/banking", "recovery", BankCash, ReceiptShown, CASH_CARRIERS),
    Ask("POST", "/v1/templates", "letters", ApproveTemplate, TemplateShown, BANK),
    Ask("POST", "/v1/complaints", "complaints", FileComplaint, Filed, COMPLAINTS_DESK, lands=ways.COMPLAINT),  # noqa: E501
    Ask("GET", "/v1/complaints", "complaints", ListComplaints, ComplaintList, COMPLAINT_READERS),  # noqa: E501
    Ask("GET", COMPLAINT, "complaints", ShowComplaint, ComplaintShown, COMPLAINT_READERS),
    Ask("POST", f"{COMPLAINT}/closure", "complaints", CloseComplaint, ComplaintShown, COMPLAINTS_DESK),  # noqa: E501
    Ask("POST", "/v1/badges/complaints", "complaints", ComplainByBadge, Filed, OPEN, lands=ways.COMPLAINT),  # noqa: E501
    Ask("POST", "/v1/badges/checks", "field_visit", CheckBadge, BadgeChecked, OPEN, keyed=False),  # noqa: E501
    Ask("POST", "/v1/visits", "dispatch", PlanVisits, VisitsPlanned, SUPERVISORS, IMPORT),
    Ask("GET", "/v1/visits", "field_visit", ListVisits, VisitList, VISIT_READERS),
    Ask("GET", "/v1/day", "field_visit", ShowDay, Day, COLLECTORS),
    Ask("GET", VISIT, "field_visit", ShowVisit, VisitShown, VISIT_READERS),
    Ask("POST", f"{VISIT}/check-ins", "field_visit", CheckIn, Clearance, COLLECTORS),
    Ask("POST", f"{VISIT}/journal", "field_visit", RecordJournal, Received, COLLECTORS, lands=ways.FACT),  # noqa: E501
    Ask("GET", f"{VISIT}/journal", "field_visit", ShowJournal, JournalShown, VISIT_READERS),
    Ask("POST", "/v1/anchors", "field_visit", TakeAnchor, Anchor, COLLECTORS),
    Ask("POST", f"{VISIT}/asks/discuss-debt", "field_visit", DiscussDebt, Clearance, COLLECTORS),  # noqa: E501
    Ask("POST", f"{VISIT}/asks/enter-premises", "field_visit", EnterPremises, Clearance, COLLECTORS),  # noqa: E501
    Ask("POST", f"{VISIT}/asks/collect-cash", "field_visit", CollectCash, Clearance, COLLECTORS),  # noqa: E501
    Ask("POST", f"{VISIT}/asks/hand-over-letter", "field_visit", HandOverLetter, Clearance, COLLECTORS),  # noqa: E501
    Ask("POST", f"{VISIT}/asks/ask-third-party", "field_visit", AskThirdParty, Clearance, COLLECTORS),  # noqa: E501
    Ask("POST", f"{VISIT}/asks/show-payment-code", "field_visit", ShowPaymentCode, Clearance, COLLECTORS),  # noqa: E501
    Ask("POST", f"{VISIT}/hours", "field_visit", SignOffHour, HourSignedOff, SUPERVISORS),
    Ask("POST", f"{VISIT}/swap", "field_visit", SwapPartner, PartnerSwapped, SUPERVISORS),
    Ask("POST", f"{VISIT}/help", "field_visit", SummonHelp, HelpKnown, COLLECTORS, lands=ways.FACT),  # noqa: E501
    Ask("POST", f"{VISIT}/help/{{help_id}}/acknowledgement", "field_visit", AcknowledgeHelp, HelpKnown, HELPERS),  # noqa: E501
    Ask("GET", f"{VISIT}/help/{{help_id}}", "field_visit", ShowHelp, HelpShown, HELPERS),
    Ask("POST", "/v1/media/{media_id}/deletion", "field_visit", DeleteMedia, MediaGone, COMPLIANCE),  # noqa: E501
    Ask("GET", f"{VISIT}/media", "field_visit", ListMedia, MediaList, VISIT_READERS),
    Ask("GET", f"{VISIT}/plausibility", "field_visit", ShowPlausibility, PlausibilityShown, SCORE_READERS),  # noqa: E501
    Ask("POST", f"{VISIT}/plausibility/{{finding_id}}/reply", "field_visit", ReplyToFinding, ReplyKept, COLLECTORS),  # noqa: E501
    Ask("GET", f"{VISIT}/coverage", "field_visit", ShowCoverage, CoverageShown, VISIT_READERS),  # noqa: E501
    Ask("GET", f"{VISIT}/timeline", "oversight", ShowTimeline, Timeline, BOARD_READERS),
    Ask("GET", f"{CASE}/timeline", "oversight", ShowTimeline, Timeline, BOARD_READERS),
    Ask("GET", "/v1/board", "oversight", ShowBoard, Board, SUPERVISORS),
    Ask("GET", "/v1/bank-board", "oversight", ShowBankBoard, BankBoard, BANK_READERS),
    Ask("POST", f"{VISIT}/corrections", "field_visit", CorrectVisit, CorrectionKept, VISIT_READERS),  # noqa: E501
    Ask("GET", "/v1/log/heads", "field_visit", ListTreeHeads, TreeHeads, OPEN, keyed=False),
    Ask("POST", f"{VISIT}/check-out", "field_visit", CheckOut, Closed, COLLECTORS),
    Ask("GET", f"{VISIT}/looks", "field_visit", ShowLooks, LooksShown, COMPLIANCE),
)
# fmt: on


def open_doors(app: FastAPI) -> None:
    for ask in ASKS:
        mount(app, ask.door(), asking(ask))


def asking(ask: Ask) -> Work:
    """Return what is done at this door: make the command, ask, show the reply."""

    door = ask.door()

    async def work(call: Call, body: Any) -> Response:
        key = idempotency_key(call, ask.roles) if door.keyed else None
        fields = body if door.takes else in_query(call)
        command = await made(ask, with_path_ids(fields, call.path_ids))
        asker = (
            stranger(call, keyed=door.keyed) if ask.roles is OPEN else call.claims.asker()
        )
        if ask.lands and key:
            return await ask.lands.take(call, command, asker, body, key)
        answer = await call.parts.services.ask(
            ask.service, command, asker, trace=call.trace, key=key
        )
        if isinstance(command, CheckBadge):
            note_guess(call, command, answer)
        return shown(call, answer, ask.reply)

    return work


async def made(ask: Ask, fields: Any) -> Command:
    """Return the command. A whole import is checked in a thread. Raises Invalid."""
    if ask.most > PHONE:
        return await asyncio.to_thread(bodies.check, ask.command, fields)
    return bodies.check(ask.command, fields)


def with_path_ids(fields: Any, path_ids: dict[str, str]) -> Any:
    """Put the ids of the path in. Raises Invalid when the body names another thing."""
    if not isinstance(fields, dict):
        return fields
    details = tuple(
        Detail(pointer=f"/{name}", kind="other-id", values={"key": key})
        for name, key in path_ids.items()
        if str(fields.get(name, key)).lower() != key
    )
    if details:
        raise Invalid("malformed", *details)
    return fields | path_ids


def in_query(call: Call) -> dict[str, str]:
    """Return the query's parameters. Raises Invalid when one is given twice."""
    pairs = call.request.query_params.multi_items()
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Invalid("malformed", Detail(pointer="", kind="duplicate-name"))
    return found


def idempotency_key(call: Call, roles: Roles) -> UUID:
    """Return the key of this order: the same one for every try of it.

    A UUID as it is, best a UUIDv7; any other text by its name, but not from strangers:
    they share one account, and whoever thinks of the same word would be given the
    other's answer. Raises Invalid.
    """
    text = call.request.headers.get("idempotency-key", "").strip().strip('"')
    if not text or len(text) > LONGEST_KEY:
        wrong = "key-missing" if not text else "key-too-long"
        raise Invalid(wrong, most=LONGEST_KEY)
    try:
        return UUID(text)
    except ValueError:
        if roles is OPEN:
            raise Invalid("key-not-a-uuid") from None
        return ids.named("idempotency_key", text)


def shown(call: Call, answer: Answer, kind: type[Reply]) -> Response:
    """Answer with a reply; a decision that does not proceed says so by its status."""
    assert answer.reply is not None
    if answer.outcome in (Outcome.ASK, Outcome.STOP):
        judged = kind.model_validate_json(answer.reply)
        assert isinstance(judged, Judgement)
        return not_allowed(call, judged)
    status = 202 if answer.outcome == Outcome.WAIT else 200
    return Response(answer.reply, status, media_type="application/json")


def not_allowed(call: Call, judged: Judgement) -> Response:
    """Answer 403 with the decision inside; its reasons bring their own sentences."""
    act = judged.decision.act.value
    problem = Problem(kind="not-allowed", status=403, values={"act": act})
    more = json.loads(judged.model_dump_json())
    if says := reasons(judged, preferred(call.request.headers.get("accept-language"))):
        more["detail"] = says
    return problems.respond(call.request, problem, **more)


def reasons(judged: Judgement, language: Language) -> str:
    """Return every reason and what would cure it, in sentences."""
    texts = [
        text[language]
        for reason in judged.decision.reasons
        for text in (reason.says, reason.cure)
        if language in text
    ]
    return " ".join(dict.fromkeys(texts))
