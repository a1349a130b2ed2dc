"""What comes back after every loss, and what ends it."""

import asyncio
from collections.abc import Callable

import pytest

from chassis import forever, ready
from chassis.amqp import WrongTopology


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forever, "AGAIN_S", 0)
    monkeypatch.delenv("DOORSTEP_READY_FILE", raising=False)


def doing(*ends: type[BaseException]) -> tuple[list[bool], Callable[[], object]]:
    """Return work whose tries end so, and what each of them saw of our readiness."""
    seen: list[bool] = []
    left = list(ends)

    async def work() -> None:
        seen.append(ready.is_ready())
        ready.yes()
        raise left.pop(0)("gone")

    return seen, work


def test_what_is_lost_is_done_again_until_it_is_told_to_end() -> None:
    seen, work = doing(OSError, TimeoutError, asyncio.CancelledError)
    waited: list[str] = []
    ready.no()

    asyncio.run(
        forever.forever("it", work, (OSError, TimeoutError), lambda: waited.append("w"))
    )

    assert (seen, waited) == ([False, False, False], ["w", "w"])


def test_what_is_no_loss_ends_it() -> None:
    _, work = doing(OSError, KeyError)

    with pytest.raises(KeyError):
        asyncio.run(forever.forever("it", work, (OSError,)))


def test_a_wrong_topology_ends_it_with_a_sentence() -> None:
    _, work = doing(WrongTopology)

    with pytest.raises(SystemExit, match="the it does not start: gone"):
        asyncio.run(forever.forever("it", work, (OSError,)))
