"""Every flow of the platform that the harness works and judges: a service joins here.

A flow names the orders it is made of, as ledgers call them, the topics of its events, and
what crews do in it. Its orders are counted for it, and what the checks find of its orders
or events as well.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chaos.crews.acts import Acts
from chaos.crews.crew import Crew, Planned
from chaos.crews.sending import OPERATION as FILE
from chaos.crews.stories import door, files, revoked, words

Tale = Callable[[Acts, Planned], None]


def always(_: Crew) -> bool:
    return True


@dataclass(frozen=True)
class Story:
    """What becomes of `share` of a hundred visits, when a crew has what it takes."""

    share: float
    tale: Tale
    can: Callable[[Crew], bool] = always


@dataclass(frozen=True)
class Flow:
    """`operations` are names of orders, `topics` beginnings of the topics of events."""

    name: str
    operations: frozenset[str] = frozenset()
    topics: tuple[str, ...] = ()
    stories: tuple[Story, ...] = ()


FLOWS = (
    Flow(
        "door",
        frozenset({"check_in", "discuss_debt", "enter_premises", "check_out"}),
        ("field_visit.",),
        (Story(5, door.trespass, lambda crew: bool(crew.strangers)),),
    ),
    Flow("journal", frozenset({"record_journal"})),
    Flow(
        "files",
        frozenset({FILE}),
        ("field_visit.media_",),
        (
            Story(14, files.photographed),
            Story(3, files.trespassing, lambda crew: bool(crew.strangers)),
        ),
    ),
    Flow(
        "complaint",
        frozenset({"file_complaint"}),
        ("complaints.",),
        (Story(6, words.spoken),),
    ),
    Flow(
        "hold",
        frozenset({"hold_case", "resume_case"}),
        ("dispatch.",),
        (Story(12, revoked.held),),
    ),
    Flow(
        "revocation",
        frozenset({"revoke_device", "revoke_authorisation"}),
        ("letters.", "workforce."),
        (
            Story(4, revoked.lost_phone, lambda crew: bool(crew.spares)),
            Story(4, revoked.revoked_letter, lambda crew: bool(crew.doomed)),
        ),
    ),
)
#: What becomes of every visit that no story has.
OTHERWISE: Tale = door.whole
#: Whatever is of no flow: the platform itself, its queues and its processes.
PLATFORM = "platform"


def flow_of(about: str) -> str:
    """Return the flow of an order's name or of an event's topic."""
    for flow in FLOWS:
        if about in flow.operations:
            return flow.name
    for flow in FLOWS:
        if flow.topics and about.startswith(flow.topics):
            return flow.name
    return PLATFORM


def tale(crew: Crew, chance: float) -> Tale:
    """Return what becomes of a crew's next visit; `chance` is of [0, 100).

    A crew that is of one flow has nothing but its stories.
    """
    flows = [flow for flow in FLOWS if crew.flow in ("", flow.name)]
    stories = [story for flow in flows for story in flow.stories]
    chance *= sum(story.share for story in stories) / 100 if crew.flow else 1
    for story in stories:
        chance -= story.share
        if chance < 0:
            return story.tale if story.can(crew) else OTHERWISE
    return OTHERWISE
