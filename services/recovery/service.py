"""The doors into recovery. Nothing is decided here."""

import rulebook
from chassis.entrypoints import Service, answers, hears
from chassis.operations import only
from chassis.unit import Unit
from proto.base import Role
from proto.dispatch import CaseStanding
from proto.field_visit import (
    CashAllowed,
    CashTaken,
    MoneyLeftBehind,
)
from proto.recovery import (
    AuthoriseCash,
    Authority,
    BankCash,
    BankingFalls,
    CashAnswer,
    ConfirmCash,
    IncidentShown,
    IssueReceipt,
    MoneyShown,
    PostedCode,
    PostPaymentCode,
    ReceiptFalls,
    ReceiptFound,
    ReceiptPrinted,
    ReceiptShown,
    RevokeCash,
    RevokePaymentCode,
    SettleMoneyLeft,
    ShowMoney,
    ShowReceipt,
)
from proto.workforce import AgencyStanding, PersonStanding
from services.recovery import handlers, store

CARRIERS = (Role.FIELD_COLLECTOR, Role.SUPERVISOR)
BANK_READERS = (Role.BANK_OFFICER, Role.COMPLIANCE)


class Recovery(Service):
    name = "recovery"
    reads = (rulebook.load,)
    keeps = (AgencyStanding, PersonStanding, CaseStanding)

    @hears(CashAllowed)
    def allow(self, event: CashAllowed, unit: Unit) -> None:
        handlers.note_allowance(event, unit)

    @hears(CashTaken)
    def expect_receipt(self, event: CashTaken, unit: Unit) -> None:
        handlers.note_taking(event, unit)

    @hears(MoneyLeftBehind)
    def open_incident(self, event: MoneyLeftBehind, unit: Unit) -> None:
        handlers.note_money_left(event, unit)

    @hears(CaseStanding)
    def end_code(self, event: CaseStanding, unit: Unit) -> None:
        handlers.end_code(event, unit)

    @answers(AuthoriseCash, may=only(Role.BANK_OFFICER), gather=store.gather)
    def authorise_cash(self, command: AuthoriseCash, unit: Unit) -> CashAnswer:
        return handlers.authorise_cash(command, unit)

    @answers(ConfirmCash, may=only(Role.BANK_OFFICER), gather=store.gather)
    def confirm_cash(self, command: ConfirmCash, unit: Unit) -> CashAnswer:
        return handlers.confirm_cash(command, unit)

    @answers(RevokeCash, may=only(Role.BANK_OFFICER), gather=store.gather)
    def revoke_cash(self, command: RevokeCash, unit: Unit) -> Authority:
        return handlers.revoke_cash(command, unit)

    @answers(PostPaymentCode, may=only(Role.BANK_OFFICER), gather=store.gather)
    def post_payment_code(self, command: PostPaymentCode, unit: Unit) -> PostedCode:
        return handlers.post_payment_code(command, unit)

    @answers(RevokePaymentCode, may=only(Role.BANK_OFFICER), gather=store.gather)
    def revoke_payment_code(self, command: RevokePaymentCode, unit: Unit) -> PostedCode:
        return handlers.revoke_payment_code(command, unit)

    @answers(IssueReceipt, may=handlers.of_the_pair, gather=store.gather)
    def issue_receipt(self, command: IssueReceipt, unit: Unit) -> ReceiptShown:
        return handlers.issue_receipt(command, unit)

    @answers(BankCash, may=only(*CARRIERS), gather=store.gather)
    def bank_cash(self, command: BankCash, unit: Unit) -> ReceiptShown:
        return handlers.bank_cash(command, unit)

    @answers(SettleMoneyLeft, may=only(Role.BANK_OFFICER), gather=store.gather)
    def settle_money_left(self, command: SettleMoneyLeft, unit: Unit) -> IncidentShown:
        return handlers.settle_money_left(command, unit)

    @answers(ShowMoney, may=only(*BANK_READERS))
    def show_money(self, command: ShowMoney, unit: Unit) -> MoneyShown:
        return handlers.show_money(command, unit)

    @answers(ShowReceipt, may=only(*CARRIERS, *BANK_READERS))
    def show_receipt(self, command: ShowReceipt, unit: Unit) -> ReceiptShown:
        return handlers.show_receipt(command, unit)

    # What it tells itself, by its own outbox: nobody may over the wire.

    @answers(BankingFalls, may=only())
    def banking_falls(self, command: BankingFalls, unit: Unit) -> ReceiptShown:
        return handlers.banking_falls(command, unit)

    @answers(ReceiptFalls, may=only())
    def receipt_falls(self, command: ReceiptFalls, unit: Unit) -> ReceiptFound:
        return handlers.receipt_falls(command, unit)

    @answers(ReceiptPrinted, may=only())
    def receipt_printed(self, command: ReceiptPrinted, unit: Unit) -> ReceiptShown:
        return handlers.receipt_printed(command, unit)
