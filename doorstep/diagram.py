"""docs/visit-states.md: how a visit may go, written from the table it goes by.

`python -m doorstep.diagram` writes it anew.
"""

from collections.abc import Iterator
from pathlib import Path

from proto.field_visit import VisitState
from services.field_visit.model import MEANS, REFUSED, STEPS, Move, Visit

FILE = Path(__file__).parent.parent / "docs/visit-states.md"
HEAD = """\
# How a visit may go

Made from `services/field_visit/model/course.py:STEPS` by `python -m doorstep.diagram`;
a test fails when it is stale. The visit goes by that table and no other
(`services/field_visit/model/visit.py:Visit.go`): a move that is not in it is refused.
"""


def text() -> str:
    """Return the page."""
    return "\n".join([HEAD, *diagram(), "", *moves(), "", *table(), ""])


def diagram() -> Iterator[str]:
    """Yield a state diagram as mermaid draws it; a guard stands in brackets."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {VisitState.PLANNED}"
    for (state, move), step in STEPS.items():
        if step.to is not state:
            guard = f" [{step.guard}]" if step.guard else ""
            yield f"    {state} --> {step.to}: {move}{guard}"
    yield f"    {VisitState.CLOSED} --> [*]"
    yield "```"


def moves() -> Iterator[str]:
    """Yield what each move is, and what its guards refuse."""
    yield "| move | when |"
    yield "| --- | --- |"
    yield from (f"| `{move}` | {MEANS[move]} |" for move in Move)
    yield ""
    yield "| guard | says |"
    yield "| --- | --- |"
    for guard in dict.fromkeys(step.guard for step in STEPS.values() if step.guard):
        says = (getattr(Visit, guard).__doc__ or "").splitlines()[0].rstrip(".")
        yield f"| `{guard}` | {says} |"


def table() -> Iterator[str]:
    """Yield every state by every move: where it leads, or what it is refused as."""
    yield f"| from | {' | '.join(f'`{move}`' for move in Move)} |"
    yield f"| --- |{' --- |' * len(Move)}"
    for state in VisitState:
        cells = " | ".join(cell(state, move) for move in Move)
        yield f"| `{state}` | {cells} |"


def cell(state: VisitState, move: Move) -> str:
    step = STEPS.get((state, move))
    if step is None:
        return f"409 {REFUSED.get(state, 'not-checked-in')}"
    return f"`{step.to}`" + (" *" if step.guard else "")


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
