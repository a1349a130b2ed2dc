"""Kills and freezes every part of a running Doorstep, and compares what is left.

Phones with a journal of their own drive whole visits through HTTP meanwhile. Afterwards
checks hold those journals against every database: `docs/reliability.md`.
"""
