"""What the doors do whose orders land when nobody can be asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi.responses import Response

from gateway.door import Call
from gateway.landing import complaining, giving
from proto.base import Asker, Command, Reply
from proto.grants import ComplaintLanded, Landed

#: Takes an order of this asker in, with its body as it came, under its key.
Take = Callable[[Call, Command, Asker, Any, UUID], Awaitable[Response]]


@dataclass(frozen=True)
class Way:
    """How something lands, and what is given for it then."""

    take: Take
    gives: type[Reply]


FACT = Way(giving.give, Landed)
COMPLAINT = Way(complaining.take, ComplaintLanded)
