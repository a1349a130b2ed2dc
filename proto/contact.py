"""Contact: who may be called and written to, how and how often.

Its messages come with its first slice.
"""
