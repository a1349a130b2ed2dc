"""The doors into field_visit. Nothing is decided here."""

import rulebook
from chassis.entrypoints import Service, answers, hears
from chassis.operations import only
from chassis.unit import Unit
from proto.anchors import Anchor, AnchorPack, TakeAnchor
from proto.base import Role
from proto.complaints import WorkStanding
from proto.contact import ThirdPartyStanding
from proto.day import Day, ShowDay
from proto.dispatch import CaseStanding, VisitPlanned
from proto.evidence import (
    CorrectionKept,
    CorrectVisit,
    DisclosuresShown,
    EvidencePlan,
    ListTreeHeads,
    LookAtLog,
    NoteSeal,
    NoteTreeHead,
    OpenEvidence,
    ShowDisclosures,
    TreeHeads,
)
from proto.field_visit import (
    AcknowledgeHelp,
    AskThirdParty,
    BadgeChecked,
    CheckBadge,
    CheckIn,
    CheckOut,
    Clearance,
    ClimbHelp,
    Closed,
    CollectCash,
    DiscussDebt,
    EndStay,
    EnterPremises,
    ExpectLeft,
    GiveUpWaiting,
    HandOverLetter,
    HelpKnown,
    HelpShown,
    HourSignedOff,
    JournalShown,
    ListVisits,
    LookAround,
    Noted,
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
from proto.grants import GrantVisit, VisitGrant
from proto.letters import AuthorisationStanding, TemplateStanding
from proto.looking import LookAtMedia, LooksShown, ShowLooks
from proto.media import (
    ListMedia,
    MediaKept,
    MediaList,
    MediaShown,
    NoteInspection,
    ReceiveMedia,
    ShowMedia,
)
from proto.pack import CollectPack, DayPack
from proto.pairing import PairingTicket, ShowPairing
from proto.plausibility import (
    LetPositionsGo,
    NoteScores,
    PlausibilityShown,
    ReplyKept,
    ReplyToFinding,
    ShowPlausibility,
)
from proto.recording import CoverageShown, JudgeRecording, ShowCoverage
from proto.recovery import CashStanding, PaymentCodeStanding
from proto.report import NoteReport, ReportShown, ShowReport
from proto.workforce import AgencyStanding, DeviceStanding, PersonStanding
from services.field_visit import handlers, store

VISIT_READERS = (
    Role.FIELD_COLLECTOR,
    Role.SUPERVISOR,
    Role.BANK_OFFICER,
    Role.COMPLIANCE,
)


class FieldVisit(Service):
    name = "field_visit"
    reads = (rulebook.load,)
    rounds = (LookAround, LetPositionsGo, GiveUpWaiting, LookAtLog)
    keeps = (
        AgencyStanding,
        PersonStanding,
        DeviceStanding,
        AuthorisationStanding,
        CaseStanding,
        WorkStanding,
        TemplateStanding,
    )

    @hears(VisitPlanned)
    def plan(self, event: VisitPlanned, unit: Unit) -> None:
        handlers.plan(event, unit)

    @hears(CaseStanding)
    def case(self, event: CaseStanding, unit: Unit) -> None:
        handlers.withdraw(event, unit)

    @hears(WorkStanding)
    def work(self, event: WorkStanding, unit: Unit) -> None:
        handlers.withdraw(event, unit)

    @hears(CashStanding)
    def cash(self, event: CashStanding, unit: Unit) -> None:
        handlers.keep_cash(event, unit)

    @hears(PaymentCodeStanding)
    def payment_code(self, event: PaymentCodeStanding, unit: Unit) -> None:
        handlers.keep_code(event, unit)

    @hears(ThirdPartyStanding)
    def third_party(self, event: ThirdPartyStanding, unit: Unit) -> None:
        handlers.keep_third_party(event, unit)

    @hears(TemplateStanding)
    def template(self, event: TemplateStanding, unit: Unit) -> None:
        handlers.withdraw_template(event, unit)

    @hears(AgencyStanding)
    def agency(self, event: AgencyStanding, unit: Unit) -> None:
        handlers.withdraw(event, unit)

    @hears(PersonStanding)
    def person(self, event: PersonStanding, unit: Unit) -> None:
        handlers.withdraw(event, unit)

    @hears(DeviceStanding)
    def device(self, event: DeviceStanding, unit: Unit) -> None:
        handlers.note_phone(event, unit)
        handlers.withdraw(event, unit)

    @hears(AuthorisationStanding)
    def authorisation(self, event: AuthorisationStanding, unit: Unit) -> None:
        handlers.withdraw(event, unit)

    @answers(CheckIn, may=handlers.of_the_pair, gather=store.gather)
    def check_in(self, command: CheckIn, unit: Unit) -> Clearance:
        return handlers.check_in(command, unit)

    @answers(RecordJournal, may=handlers.of_the_pair, gather=store.gather)
    def record_journal(self, command: RecordJournal, unit: Unit) -> Received:
        return handlers.record_journal(command, unit)

    @answers(ShowJournal, may=only(*VISIT_READERS))
    def show_journal(self, command: ShowJournal, unit: Unit) -> JournalShown:
        return handlers.show_journal(command, unit)

    @answers(TakeAnchor, may=handlers.of_the_phone, gather=handlers.gather_phones)
    def take_anchor(self, command: TakeAnchor, unit: Unit) -> Anchor:
        return handlers.take_anchor(command, unit)

    @answers(AnchorPack, may=handlers.of_the_phone, gather=handlers.gather_phones)
    def anchor_pack(self, command: AnchorPack, unit: Unit) -> Anchor:
        return handlers.anchor_pack(command, unit)

    @answers(DiscussDebt, may=handlers.of_the_pair, gather=store.gather)
    def discuss_debt(self, command: DiscussDebt, unit: Unit) -> Clearance:
        return handlers.discuss_debt(command, unit)

    @answers(EnterPremises, may=handlers.of_the_pair, gather=store.gather)
    def enter_premises(self, command: EnterPremises, unit: Unit) -> Clearance:
        return handlers.enter_premises(command, unit)

    @answers(CollectCash, may=handlers.of_the_pair, gather=store.gather)
    def collect_cash(self, command: CollectCash, unit: Unit) -> Clearance:
        return handlers.collect_cash(command, unit)

    @answers(HandOverLetter, may=handlers.of_the_pair, gather=store.gather)
    def hand_over_letter(self, command: HandOverLetter, unit: Unit) -> Clearance:
        return handlers.hand_over_letter(command, unit)

    @answers(AskThirdParty, may=handlers.of_the_pair, gather=store.gather)
    def ask_third_party(self, command: AskThirdParty, unit: Unit) -> Clearance:
        return handlers.ask_third_party(command, unit)

    @answers(ShowPaymentCode, may=handlers.of_the_pair, gather=store.gather)
    def show_payment_code(self, command: ShowPaymentCode, unit: Unit) -> Clearance:
        return handlers.show_payment_code(command, unit)

    @answers(SignOffHour, may=handlers.boss_of, gather=store.gather)
    def sign_off_hour(self, command: SignOffHour, unit: Unit) -> HourSignedOff:
        return handlers.sign_off_hour(command, unit)

    @answers(SwapPartner, may=handlers.boss_of, gather=store.gather)
    def swap_partner(self, command: SwapPartner, unit: Unit) -> PartnerSwapped:
        return handlers.swap_partner(command, unit)

    @answers(SummonHelp, may=handlers.of_the_pair, gather=store.gather)
    def summon_help(self, command: SummonHelp, unit: Unit) -> HelpKnown:
        return handlers.summon_help(command, unit)

    @answers(AcknowledgeHelp, may=handlers.helper_of, gather=store.gather)
    def acknowledge_help(self, command: AcknowledgeHelp, unit: Unit) -> HelpKnown:
        return handlers.acknowledge_help(command, unit)

    @answers(ShowHelp, may=only(Role.SUPERVISOR, Role.BANK_OFFICER))
    def show_help(self, command: ShowHelp, unit: Unit) -> HelpShown:
        return handlers.show_help(command, unit)

    @answers(GrantVisit, may=only(Role.FIELD_COLLECTOR))
    def grant_visit(self, command: GrantVisit, unit: Unit) -> VisitGrant:
        return handlers.grant_visit(command, unit)

    @answers(ShowPairing, may=only(Role.FIELD_COLLECTOR))
    def show_pairing(self, command: ShowPairing, unit: Unit) -> PairingTicket:
        return handlers.show_pairing(command, unit)

    @answers(CollectPack, may=only(Role.FIELD_COLLECTOR))
    def collect_pack(self, command: CollectPack, unit: Unit) -> DayPack:
        return handlers.collect_pack(command, unit)

    @answers(ShowDay, may=only(Role.FIELD_COLLECTOR))
    def show_day(self, command: ShowDay, unit: Unit) -> Day:
        return handlers.show_day(command, unit)

    @answers(LookAround, may=only())
    def look_around(self, command: LookAround, unit: Unit) -> Noted:
        return handlers.look_around(command, unit)

    @answers(EndStay, may=only())
    def end_stay(self, command: EndStay, unit: Unit) -> Noted:
        return handlers.end_stay(command, unit)

    @answers(ExpectLeft, may=only())
    def expect_left(self, command: ExpectLeft, unit: Unit) -> Noted:
        return handlers.expect_left(command, unit)

    @answers(ClimbHelp, may=only())
    def climb_help(self, command: ClimbHelp, unit: Unit) -> Noted:
        return handlers.climb_help(command, unit)

    @answers(CheckBadge, may=only(Role.ANYONE))
    def check_badge(self, command: CheckBadge, unit: Unit) -> BadgeChecked:
        return handlers.check_badge(command, unit)

    @answers(CheckOut, may=handlers.of_the_pair, gather=store.gather)
    def check_out(self, command: CheckOut, unit: Unit) -> Closed:
        return handlers.check_out(command, unit)

    @answers(ShowVisit, may=only(*VISIT_READERS))
    def show_visit(self, command: ShowVisit, unit: Unit) -> VisitShown:
        return handlers.show_visit(command, unit)

    @answers(ListVisits, may=only(*VISIT_READERS))
    def list_visits(self, command: ListVisits, unit: Unit) -> VisitList:
        return handlers.list_visits(command, unit)

    @answers(ReceiveMedia, may=handlers.of_the_pair, gather=store.gather)
    def receive_media(self, command: ReceiveMedia, unit: Unit) -> MediaKept:
        return handlers.receive_media(command, unit)

    @answers(NoteInspection, may=only())
    def note_inspection(self, command: NoteInspection, unit: Unit) -> Noted:
        return handlers.note_inspection(command, unit)

    @answers(ShowMedia, may=only(*VISIT_READERS))
    def show_media(self, command: ShowMedia, unit: Unit) -> MediaShown:
        return handlers.show_media(command, unit)

    @answers(ListMedia, may=only(*VISIT_READERS))
    def list_media(self, command: ListMedia, unit: Unit) -> MediaList:
        return handlers.list_media(command, unit)

    @answers(NoteScores, may=only())
    def note_scores(self, command: NoteScores, unit: Unit) -> Noted:
        return handlers.note_scores(command, unit)

    @answers(LetPositionsGo, may=only())
    def let_positions_go(self, command: LetPositionsGo, unit: Unit) -> Noted:
        return handlers.let_positions_go(command, unit)

    @answers(GiveUpWaiting, may=only())
    def give_up_waiting(self, command: GiveUpWaiting, unit: Unit) -> Noted:
        return handlers.give_up_waiting(command, unit)

    @answers(ShowPlausibility, may=only(*handlers.SCORE_READERS))
    def show_plausibility(self, command: ShowPlausibility, unit: Unit) -> PlausibilityShown:
        return handlers.show_plausibility(command, unit)

    @answers(ReplyToFinding, may=handlers.of_the_pair, gather=store.gather)
    def reply_to_finding(self, command: ReplyToFinding, unit: Unit) -> ReplyKept:
        return handlers.reply_to_finding(command, unit)

    @answers(JudgeRecording, may=only())
    def judge_recording(self, command: JudgeRecording, unit: Unit) -> Noted:
        return handlers.judge_recording(command, unit)

    @answers(ShowCoverage, may=only(*VISIT_READERS))
    def show_coverage(self, command: ShowCoverage, unit: Unit) -> CoverageShown:
        return handlers.show_coverage(command, unit)

    @answers(LookAtMedia, may=only(*VISIT_READERS))
    def look_at_media(self, command: LookAtMedia, unit: Unit) -> MediaShown:
        return handlers.look_at_media(command, unit)

    @answers(ShowLooks, may=only(Role.COMPLIANCE))
    def show_looks(self, command: ShowLooks, unit: Unit) -> LooksShown:
        return handlers.show_looks(command, unit)

    @answers(NoteSeal, may=only())
    def note_seal(self, command: NoteSeal, unit: Unit) -> Noted:
        return handlers.note_seal(command, unit)

    @answers(LookAtLog, may=only())
    def look_at_log(self, command: LookAtLog, unit: Unit) -> Noted:
        return handlers.look_at_log(command, unit)

    @answers(NoteTreeHead, may=only())
    def note_tree_head(self, command: NoteTreeHead, unit: Unit) -> Noted:
        return handlers.note_tree_head(command, unit)

    @answers(ListTreeHeads, may=only(Role.ANYONE))
    def list_tree_heads(self, command: ListTreeHeads, unit: Unit) -> TreeHeads:
        return handlers.list_tree_heads(command, unit)

    @answers(CorrectVisit, may=handlers.corrector_of, gather=store.gather)
    def correct_visit(self, command: CorrectVisit, unit: Unit) -> CorrectionKept:
        return handlers.correct_visit(command, unit)

    @answers(OpenEvidence, may=only(*handlers.EVIDENCE_READERS))
    def open_evidence(self, command: OpenEvidence, unit: Unit) -> EvidencePlan:
        return handlers.open_evidence(command, unit)

    @answers(ShowDisclosures, may=only(*handlers.EVIDENCE_READERS))
    def show_disclosures(self, command: ShowDisclosures, unit: Unit) -> DisclosuresShown:
        return handlers.show_disclosures(command, unit)

    @answers(NoteReport, may=only())
    def note_report(self, command: NoteReport, unit: Unit) -> Noted:
        return handlers.note_report(command, unit)

    @answers(ShowReport, may=only(*handlers.EVIDENCE_READERS))
    def show_report(self, command: ShowReport, unit: Unit) -> ReportShown:
        return handlers.show_report(command, unit)
