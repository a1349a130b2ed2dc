"""The doors into recovery. Nothing is decided here."""

from chassis.entrypoints import Service
from proto.dispatch import CaseStanding


class Recovery(Service):
    name = "recovery"
    keeps = (CaseStanding,)
