"""Every flow of the platform that the harness works and judges: a service joins here.

A flow names the orders it is made of, as ledgers call them, the topics of its events, and
what crews do in it. Its orders are counted for it, and what the checks find of its orders
or events as well.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chaos.crews.acts import Acts
from chaos.crews.crew import Crew
from chaos.crews.sorts import Planned
from chaos.crews.stories import basement, door, files, forbidden, pictures, revoked, words
from chaos.crews.uploading import OPERATION as FILE
from chaos.remains.effects import HEADS, STAMPS, Effect

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
    #: What of it goes out of the house: held against what arrived at stand-ins. There are
    #: no letters by post and no webhooks yet; whoever makes them names them here.
    effects: tuple[Effect, ...] = ()


FLOWS = (
    Flow(
        "door",
        frozenset({"check_in", "discuss_debt", "enter_premises", "check_out"}),
        ("field_visit.",),
        (Story(34, forbidden.by_turns),),
    ),
    Flow(
        "cash",
        frozenset(
            {"authorise_cash", "revoke_cash", "collect_cash", "issue_receipt", "bank_cash"}
        ),
        ("recovery.",),
    ),
    Flow(
        "journal",
        frozenset({"record_journal", "take_anchor"}),
        stories=(
            Story(8, basement.basement),
            Story(8, basement.coming),
            Story(2, basement.two_histories),
        ),
    ),
    Flow("help", frozenset({"summon_help"})),
    Flow(
        "evidence",
        frozenset({"seal_visit"}),
        stories=(Story(8, pictures.later),),
        effects=(*HEADS, STAMPS),
    ),
    Flow(
        "files",
        frozenset({FILE}),
        ("field_visit.media_",),
        (
            Story(11, files.photographed),
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
        (Story(11, revoked.held),),
    ),
    Flow(
        "revocation",
        frozenset({"revoke_device", "revoke_authorisation", "register_people"}),
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


def effects() -> list[Effect]:
    return [effect for flow in FLOWS for effect in flow.effects]


def flow_of(about: str) -> str:
    """Return the flow of an order's name or of an event's topic."""
    for flow in FLOWS:
        if about in flow.operations:
            return flow.name
    for flow in FLOWS:
        if flow.topics and about.startswith(flow.topics):
            return flow.name
    return PLATFORM


def tale(crew: Crew, chance: float, only: str | None = None) -> Tale:
    """Return what becomes of a crew's next visit; `chance` is of [0, 100).

    `only`: it is one of the stories of this flow, as far as the crew can.
    """
    if crew.eager and only is None:
        crew.eager = False
        return forbidden.by_turns
    flows = [flow for flow in FLOWS if only in (None, flow.name)]
    stories = [story for flow in flows for story in flow.stories]
    if only:
        chance *= sum(story.share for story in stories) / 100
    for story in stories:
        chance -= story.share
        if chance < 0:
            return story.tale if story.can(crew) else OTHERWISE
    return OTHERWISE
