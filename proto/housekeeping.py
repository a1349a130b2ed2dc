"""What a service says to itself to keep its tables tidy."""

from proto.base import Command, Reply


class KeepHouse(Command):
    """Remove what was kept long enough; once a day."""


class HouseKept(Command):
    """How many rows a worker removed from each table."""

    removed: dict[str, int]


class Tidied(Reply):
    """Nothing to tell: nobody asked but we ourselves."""
