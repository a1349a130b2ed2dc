"""Why a message was not carried out.

* Refused        the message is wrong, and will be wrong again: never retried
  - NotFound     it names something that does not exist for the one who asks
  - Forbidden    the one who asks may not do this
  - Conflict     the thing is no longer in a state that allows it
  - Invalid      fields or rows of it are wrong, each named by a pointer
  - TooMuch      somebody has left more here than may wait
* Unavailable    something we need did not answer: try again

Each carries a `kind`, the key of its sentences in the gateway's catalogue, and the
values the sentences name. Values are shown to the one who asked and never logged.
"""

from typing import Any, ClassVar

from proto.base import Detail, Problem


class Refused(Exception):
    """The message was understood and will not be carried out."""

    status: ClassVar[int] = 400

    def __init__(self, kind: str, *details: Detail, **values: Any) -> None:
        super().__init__(kind)
        self.kind, self.details, self.values = kind, details, values

    def problem(self) -> Problem:
        """Return what the one who asked is told."""
        return Problem(
            kind=self.kind, status=self.status, values=self.values, details=self.details
        )


class NotFound(Refused):
    """There is no such thing, or it is not for the one who asks to know."""

    status = 404

    def __init__(self, thing: str, key: object) -> None:
        super().__init__("not-found", thing=thing, key=str(key))


class Forbidden(Refused):
    """The one who asks may not do this."""

    status = 403


class Conflict(Refused):
    """The thing is no longer in a state that allows this."""

    status = 409


class Invalid(Refused):
    """Fields or rows are wrong."""

    status = 422


class TooMuch(Refused):
    """More than one may leave here; the value `seconds` says when to ask again."""

    status = 429


class Unavailable(Refused):
    """Something we need did not answer; asking again is right."""

    status = 503
