"""Oversight: the record across services, and what it shows.

Its messages come with its first slice.
"""
