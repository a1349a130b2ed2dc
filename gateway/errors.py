"""What only a gateway says no to, added to the tree in `chassis.errors`.

* Refused
  - Unauthenticated   we do not know who asks
  - TooMany           asked too often; `seconds` says when to ask again
  - TooLarge          the body is larger than this route takes
  - Unreadable        the body is not JSON that we keep
  - WrongMedia        the body is said to be something other than JSON
  - NotAcceptable     the caller wants something other than what we have
  - TooSlow           the body did not arrive in time
  - BadHeader         a header says something that cannot be
  - OtherVersion      the caller speaks another version of tus
  - ChecksumMismatch  the bytes are not those that were announced
  - Gone              an upload has been ended, or a file deleted
  - NotYet            there is nothing to see of a file yet, or nothing at all
  - BadRange          the part that is asked for lies outside the file
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


class BadHeader(Refused):
    """A header says something that cannot be."""

    status = 400


class OtherVersion(Refused):
    """The caller speaks another version of tus, or none."""

    status = 412


class ChecksumMismatch(Refused):
    """The bytes are not those that were announced (460 is tus's own status)."""

    status = 460


class Gone(Refused):
    """There was an upload or a file here; it was ended, or deleted."""

    status = 410


class NotYet(Refused):
    """There is nothing to see of a file yet, or nothing at all."""

    status = 404


class BadRange(Refused):
    """The part that is asked for lies outside the file (RFC 9110, 15.5.17)."""

    status = 416
