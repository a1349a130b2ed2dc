"""What a run does between the last fault and the last look."""

from unittest.mock import MagicMock

import pytest

from chaos import run
from chaos.remains.evidence import Evidence


@pytest.fixture
def its(monkeypatch: pytest.MonkeyPatch) -> run.Run:
    """A run whose platform, crews and threads are nobody's."""
    for name in ("files", "logbook", "parts", "traces", "gathering"):
        monkeypatch.setattr(run, name, MagicMock(name=name))
    run.gathering.gather.return_value = Evidence()
    run.gathering.STILL_S = 0
    found = object.__new__(run.Run)
    for name in ("platform", "folder", "home", "hand", "wire", "watch", "retries"):
        setattr(found, name, MagicMock(name=name))
    found.crews, found.hand.ended_alone = [], []
    return found


def test_the_exchange_is_listened_to_until_the_last_look(
    its: run.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call for help climbs on by its timer: nobody took that, and it counted as left."""
    monkeypatch.setattr(its, "gather_evidence", lambda evidence: None)
    heard_at_the_last_look = []

    def least(seconds: float) -> dict[str, int]:
        heard_at_the_last_look.append(not its.wire.stopped.set.called)
        return {}

    monkeypatch.setattr(its, "least", least)
    its.wanted, its.roster, its.stop = (
        MagicMock(heal_s=0.0),
        MagicMock(threads=[]),
        MagicMock(),
    )
    monkeypatch.setattr(its, "still", lambda left, until: 0.0)
    monkeypatch.setattr(its, "evening", lambda: None)

    its.heal()
    its.gather()

    assert heard_at_the_last_look == [True]
    assert its.wire.stopped.set.called
