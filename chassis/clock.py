"""The one clock. Nothing else of ours asks what time it is."""

from datetime import UTC, datetime
from functools import cache

from chassis.settings import settings


def now() -> datetime:
    """Return this moment, aware, in UTC; in a demonstration the pretended one."""
    real = datetime.now(UTC)
    if not (pretence := settings().clock):
        return real
    pretended, since = anchor(pretence)
    return pretended + (real - since)


@cache
def anchor(pretence: str) -> tuple[datetime, datetime]:
    """Read `<pretended>@<real>`.

    Raises ValueError naming the setting when it is not two aware moments.
    """
    pretended, _, real = pretence.partition("@")
    try:
        moments = datetime.fromisoformat(pretended), datetime.fromisoformat(real)
    except ValueError:
        moments = None
    if moments is None or any(moment.tzinfo is None for moment in moments):
        raise ValueError(
            f"DOORSTEP_CLOCK is {pretence!r}; write <pretended>@<real>, both like "
            "2026-03-02T15:00:00+08:00"
        )
    return moments[0].astimezone(UTC), moments[1].astimezone(UTC)
