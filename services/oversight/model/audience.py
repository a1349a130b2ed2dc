"""Who may see which events of the timeline, by the one table of it."""

from hashlib import blake2b

from proto.audience import AUDIENCE_OF, BY_TOPIC, Audience, told_to
from proto.base import Role

#: Changes when an agency is told more or less.
DIGEST = blake2b(
    " ".join(sorted(t for t, told in BY_TOPIC.items() if Audience.AGENCY in told)).encode(),
    digest_size=6,
).hexdigest()


def is_told_to_agency(topic: str) -> bool:
    """Tell whether the agency that an event names is told of it."""
    return Audience.AGENCY in told_to(topic)


def hidden_from(role: Role) -> list[str]:
    """Return the topics that a role of the bank is not told of."""
    return sorted(
        topic for topic, told in BY_TOPIC.items() if AUDIENCE_OF.get(role) not in told
    )


def told_to_agencies() -> list[str]:
    """Return the topics that the agency an event names is told of."""
    return sorted(topic for topic in BY_TOPIC if is_told_to_agency(topic))
