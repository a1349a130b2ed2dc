"""What a stranger can check years later, with Python's standard library and openssl alone.

The form of a sealed visit, how it is written and how it is verified: pure, knows nothing of
the rest of Doorstep, and a copy of it travels inside every bundle. The form is in
docs/evidence.md, and what was written in it once is verified for ever.
"""

#: The version of the form that is written today.
FORMAT = 1
