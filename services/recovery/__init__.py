"""Recovery: where the money is: cash that may be taken, receipts (收条), their banking.

Owns    cash authorities and the decisions about them, receipts, what was banked of them,
        payment codes, and money that was left behind.
Keeps   case standings: cash is only allowed, and a payment code only good, for a case that
        is placed. Agency and person
        standings: a receipt names the agency by its code, collectors by staff numbers.
Hears   field_visit.cash_allowed, cash_taken, money_left_behind; dispatch.case_standing.
Answers authorise_cash, confirm_cash, revoke_cash, issue_receipt, bank_cash,
        settle_money_left, post_payment_code, revoke_payment_code, show_money,
        show_receipt; of itself alone banking_falls,
        receipt_falls, receipt_printed.
Says    cash_standing, cash_authorised, cash_not_authorised, receipt_issued,
        receipt_missing, cash_banked, banking_overdue, money_left_noted,
        payment_code_standing.
"""
