"""Recovery: balance, payment, receipt, plan: where the money is.

Its messages come with its first slice.
"""
