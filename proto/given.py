"""What is given out of the house: tree heads, and heads for a timestamp."""

from proto.base import Command


class GiveHeads(Command):
    """See whether a place or the timestamp authority is to be tried again."""
