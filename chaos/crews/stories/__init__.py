"""What crews do with a visit, each a function of a pair's acts and of the visit.

What must not be allowed is asked as well, and marked `forbidden`; so is whatever comes
later than a second after a hold or a revocation was acknowledged.
"""
