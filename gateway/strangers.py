"""Somebody at a door, who need not be anybody: where they ask from, and how often."""

import secrets

from gateway.door import Call
from gateway.tries import network
from proto import ids
from proto.badges import normal
from proto.base import Answer, Asker, Role
from proto.field_visit import BadgeChecked, CheckBadge

#: What a network is called in a line by: nobody can tell which one it is.
SALT = secrets.token_hex(16)
#: All of them together.
ANYBODY = Asker(account_id=ids.named("account", "anybody"), role=Role.ANYONE)


def stranger(call: Call, *, keyed: bool) -> Asker:
    """Return somebody we need not know. Raises TooMany for who asks again and again.

    What has a key of its own is the same from wherever it comes.
    """
    call.parts.strangers.count(whence(call))
    return ANYBODY if keyed else of_network(whence(call))


def of_network(network: str) -> Asker:
    """Return somebody of a network: in a line, each network waits behind itself alone."""
    return Asker(account_id=ids.named("account", f"{SALT}/{network}"), role=Role.ANYONE)


def whence(call: Call) -> str:
    """Return the network that a request comes from."""
    client = call.request.client
    return network(client.host if client else "?")


def note_guess(call: Call, command: CheckBadge, answer: Answer) -> None:
    """Count a code that a program looked up with those that people do, right or wrong."""
    if BadgeChecked.model_validate_json(answer.reply or "").mandated:
        call.parts.guesses.right()
    else:
        call.parts.guesses.wrong(whence(call), normal(command.code))
