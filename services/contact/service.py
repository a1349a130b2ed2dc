"""The doors into contact. Nothing is decided here."""

from chassis.entrypoints import Service
from proto.dispatch import CaseStanding


class Contact(Service):
    name = "contact"
    keeps = (CaseStanding,)
