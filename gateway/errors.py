"""What only a gateway says no to, added to the tree in `chassis.errors`.

* Refused
  - Unauthenticated   we do not know who asks
  - TooMany           asked too often; `seconds` says when to ask again
  - TooLarge          the body is larger than this route takes
  - Unreadable        the body is not JSON that we keep
  - WrongMedia        the body is said to be something other than JSON
  - NotAcceptable     the caller wants something other than what we have
  - TooSlow           the body did not arrive in time
"""

from chassis.errors import Refused


class Unauthenticated(Refused):
    """We do not know who asks."""

    status = 401


class TooMany(Refused):
    """Asked too often; the value `seconds` says when to ask again."""

    status = 429


class TooLarge(Refused):
    """The body is larger than this route takes."""

    status = 413


class Unreadable(Refused):
    """The body is not JSON that we could keep."""

    status = 400


class WrongMedia(Refused):
    """The body is said to be something other than plain JSON."""

    status = 415


class NotAcceptable(Refused):
    """The caller wants something other than what we have."""

    status = 406


class TooSlow(Refused):
    """The body did not arrive in time."""

    status = 408
