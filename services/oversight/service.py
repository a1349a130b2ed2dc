"""The doors into oversight. Nothing is decided here."""

from chassis.entrypoints import Service, answers, hears
from chassis.unit import Unit
from proto.dispatch import DangerReportOverdue
from proto.field_visit import (
    BreachRecorded,
    BreachSuspected,
    CashNotAllowed,
    CheckInNotAllowed,
    EntryNotAllowed,
    LetterNotAllowed,
    PaymentCodeNotAllowed,
    TalkNotAllowed,
    ThirdPartyNotAllowed,
)
from proto.oversight import (
    BankBoard,
    Board,
    ShowBankBoard,
    ShowBoard,
    ShowTimeline,
    Timeline,
)
from proto.recovery import (
    BankingOverdue,
    CashBanked,
    CashNotAuthorised,
    MoneyLeftNoted,
    ReceiptMissing,
)
from services.oversight import handlers


class Oversight(Service):
    name = "oversight"

    @answers(ShowBoard, may=handlers.by_supervisors)
    def show_board(self, command: ShowBoard, unit: Unit) -> Board:
        return handlers.show_board(command, unit)

    @answers(ShowBankBoard, may=handlers.by_bank)
    def show_bank_board(self, command: ShowBankBoard, unit: Unit) -> BankBoard:
        return handlers.show_bank_board(command, unit)

    @answers(ShowTimeline, may=handlers.by_readers)
    def show_timeline(self, command: ShowTimeline, unit: Unit) -> Timeline:
        return handlers.show_timeline(command, unit)

    @hears(DangerReportOverdue)
    def note_report(self, event: DangerReportOverdue, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(CheckInNotAllowed)
    def note_check_in(self, event: CheckInNotAllowed, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(TalkNotAllowed)
    def note_talk(self, event: TalkNotAllowed, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(EntryNotAllowed)
    def note_entry(self, event: EntryNotAllowed, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(CashNotAllowed)
    def note_cash(self, event: CashNotAllowed, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(LetterNotAllowed)
    def note_letter(self, event: LetterNotAllowed, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(PaymentCodeNotAllowed)
    def note_payment_code(self, event: PaymentCodeNotAllowed, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(ThirdPartyNotAllowed)
    def note_third_party(self, event: ThirdPartyNotAllowed, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(BreachSuspected)
    def note_suspicion(self, event: BreachSuspected, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(BreachRecorded)
    def note_breach(self, event: BreachRecorded, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(CashNotAuthorised)
    def note_authority(self, event: CashNotAuthorised, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(ReceiptMissing)
    def note_missing_receipt(self, event: ReceiptMissing, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(BankingOverdue)
    def note_overdue_banking(self, event: BankingOverdue, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(CashBanked)
    def note_banking(self, event: CashBanked, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(MoneyLeftNoted)
    def note_money_left(self, event: MoneyLeftNoted, unit: Unit) -> None:
        handlers.note(event, unit)
