"""The doors into dispatch. Nothing is decided here."""

import rulebook
from chassis.entrypoints import Service, answers, hears
from chassis.operations import only
from chassis.unit import Unit
from proto.base import Role
from proto.circumstances import (
    CircumstancesShown,
    CircumstanceTaken,
    ReportCircumstance,
    ShowCircumstances,
)
from proto.complaints import WorkStanding
from proto.dispatch import (
    CaseShown,
    CasesOpened,
    CloseAddress,
    DangerReportFalls,
    EndAppointment,
    HoldCase,
    HoldReviewFalls,
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
from proto.field_visit import (
    AddressFoundWrong,
    AppointmentRecorded,
    CircumstanceNoted,
    DebtDisputed,
    HelpCalled,
    PairSwapped,
    VisitCutShort,
)
from proto.letters import AuthorisationStanding, TemplateStanding
from proto.workforce import AgencyStanding, PersonStanding
from services.dispatch import handlers, store

#: Whoever may hear of special circumstances; who is of an agency, in its own cases.
HEARERS = (
    Role.SUPERVISOR,
    Role.PHONE_COLLECTOR,
    Role.BANK_OFFICER,
    Role.COMPLAINTS_OFFICER,
    Role.INTEGRATION,
)


class Dispatch(Service):
    name = "dispatch"
    reads = (rulebook.load,)
    keeps = (
        AgencyStanding,
        PersonStanding,
        AuthorisationStanding,
        TemplateStanding,
        WorkStanding,
    )

    @hears(DebtDisputed)
    def dispute(self, event: DebtDisputed, unit: Unit) -> None:
        handlers.dispute(event, unit)

    @hears(CircumstanceNoted)
    def spare(self, event: CircumstanceNoted, unit: Unit) -> None:
        handlers.spare(event, unit)

    @hears(WorkStanding)
    def suspend(self, event: WorkStanding, unit: Unit) -> None:
        handlers.suspend(event, unit)

    @hears(AddressFoundWrong)
    def close_door(self, event: AddressFoundWrong, unit: Unit) -> None:
        handlers.close_door(event, unit)

    @hears(HelpCalled)
    def note_danger(self, event: HelpCalled, unit: Unit) -> None:
        handlers.note_danger(event, unit)

    @hears(VisitCutShort)
    def cut_short(self, event: VisitCutShort, unit: Unit) -> None:
        handlers.note_cut_short(event, unit)

    @hears(AppointmentRecorded)
    def keep_appointment(self, event: AppointmentRecorded, unit: Unit) -> None:
        handlers.keep_appointment(event, unit)

    @hears(PairSwapped)
    def swap(self, event: PairSwapped, unit: Unit) -> None:
        handlers.swap(event, unit)

    @answers(OpenCases, may=only(Role.BANK_OFFICER))
    def open_cases(self, command: OpenCases, unit: Unit) -> CasesOpened:
        return handlers.open_cases(command, unit)

    @answers(PlanVisits, may=only(Role.SUPERVISOR))
    def plan_visits(self, command: PlanVisits, unit: Unit) -> VisitsPlanned:
        return handlers.plan_visits(command, unit)

    @answers(ShowCase, may=only(Role.BANK_OFFICER, Role.COMPLIANCE))
    def show_case(self, command: ShowCase, unit: Unit) -> CaseShown:
        return handlers.show_case(command, unit)

    @answers(HoldCase, may=only(Role.BANK_OFFICER), gather=store.gather)
    def hold_case(self, command: HoldCase, unit: Unit) -> CaseShown:
        return handlers.hold_case(command, unit)

    @answers(ResumeCase, may=only(Role.BANK_OFFICER), gather=store.gather)
    def resume_case(self, command: ResumeCase, unit: Unit) -> CaseShown:
        return handlers.resume_case(command, unit)

    @answers(ReviewHold, may=only(Role.BANK_OFFICER), gather=store.gather)
    def review_hold(self, command: ReviewHold, unit: Unit) -> CaseShown:
        return handlers.review_hold(command, unit)

    @answers(RecallCase, may=only(Role.BANK_OFFICER), gather=store.gather)
    def recall_case(self, command: RecallCase, unit: Unit) -> CaseShown:
        return handlers.recall_case(command, unit)

    @answers(MarkPaidOff, may=only(Role.BANK_OFFICER), gather=store.gather)
    def mark_paid_off(self, command: MarkPaidOff, unit: Unit) -> CaseShown:
        return handlers.mark_paid_off(command, unit)

    @answers(ReopenAddress, may=only(Role.BANK_OFFICER), gather=store.gather)
    def reopen_address(self, command: ReopenAddress, unit: Unit) -> CaseShown:
        return handlers.reopen_address(command, unit)

    @answers(ReportCircumstance, may=only(*HEARERS), gather=store.gather)
    def report_circumstance(
        self, command: ReportCircumstance, unit: Unit
    ) -> CircumstanceTaken:
        return handlers.report_circumstance(command, unit)

    @answers(ShowCircumstances, may=only(Role.BANK_OFFICER, Role.COMPLIANCE))
    def show_circumstances(
        self, command: ShowCircumstances, unit: Unit
    ) -> CircumstancesShown:
        return handlers.show_circumstances(command, unit)

    @answers(TypeLiable, may=only(Role.BANK_OFFICER), gather=store.gather)
    def type_liable(self, command: TypeLiable, unit: Unit) -> CaseShown:
        return handlers.type_liable(command, unit)

    @answers(ReleaseLiable, may=only(Role.BANK_OFFICER), gather=store.gather)
    def release_liable(self, command: ReleaseLiable, unit: Unit) -> CaseShown:
        return handlers.release_liable(command, unit)

    @answers(ReportDanger, may=only(Role.BANK_OFFICER), gather=store.gather)
    def report_danger(self, command: ReportDanger, unit: Unit) -> CaseShown:
        return handlers.report_danger(command, unit)

    @answers(PutLegalHold, may=only(Role.COMPLIANCE), gather=store.gather)
    def put_legal_hold(self, command: PutLegalHold, unit: Unit) -> LegalHoldKnown:
        return handlers.put_legal_hold(command, unit)

    @answers(LiftLegalHold, may=only(Role.COMPLIANCE), gather=store.gather)
    def lift_legal_hold(self, command: LiftLegalHold, unit: Unit) -> LegalHoldKnown:
        return handlers.lift_legal_hold(command, unit)

    @answers(ShowLegalHolds, may=only(Role.COMPLIANCE))
    def show_legal_holds(self, command: ShowLegalHolds, unit: Unit) -> LegalHolds:
        return handlers.show_legal_holds(command, unit)

    # Nobody may send these: dispatch says them to itself, when their time has come.

    @answers(HoldReviewFalls, may=only())
    def hold_review_falls(self, command: HoldReviewFalls, unit: Unit) -> CaseShown:
        return handlers.hold_review_falls(command, unit)

    @answers(DangerReportFalls, may=only())
    def danger_report_falls(self, command: DangerReportFalls, unit: Unit) -> CaseShown:
        return handlers.danger_report_falls(command, unit)

    @answers(EndAppointment, may=only())
    def end_appointment(self, command: EndAppointment, unit: Unit) -> CaseShown:
        return handlers.end_appointment(command, unit)

    @answers(CloseAddress, may=only())
    def close_address(self, command: CloseAddress, unit: Unit) -> CaseShown:
        return handlers.close_address(command, unit)
