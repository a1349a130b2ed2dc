"""Recovery: balance, payment, receipt, plan: where the money is.

Owns    balances, payments, receipts (收条), cash authorities, plans (from its first
        slice on).
Keeps   case standings: money is only taken for a case that is placed.
Hears   nothing else yet.
Answers nothing yet.
Says    nothing yet.
"""
