"""Crews have the stories of all flows by their shares, or those of one."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

from chaos import flows
from chaos.crews.stories import files


def tales(flow: str) -> Counter[str]:
    crew: Any = SimpleNamespace(flow=flow, strangers=[1], spares=[1], doomed=[1])
    return Counter(flows.tale(crew, chance / 10).__name__ for chance in range(1000))


def test_a_crew_of_no_flow_has_every_story_by_its_share() -> None:
    found = tales("")
    shares = {s.tale.__name__: s.share * 10 for flow in flows.FLOWS for s in flow.stories}

    assert {name: found[name] for name in shares} == shares
    assert found[flows.OTHERWISE.__name__] == 1000 - sum(shares.values())


def test_a_crew_of_one_flow_has_nothing_else() -> None:
    names = {files.photographed.__name__, files.trespassing.__name__}

    assert tales("files").keys() == names
