"""Complaints: what a customer objects to, and the bank's three working days.

Its messages come with its first slice.
"""
