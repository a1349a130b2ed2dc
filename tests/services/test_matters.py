"""What a door is folded from is read from the journals; what is not read would be lost."""

import ast
from pathlib import Path

import pytest

from proto import facts
from services.field_visit import model
from services.field_visit.handlers import day
from services.field_visit.model import MATTERS, door

FACTS = {
    name
    for name, kind in vars(facts).items()
    if isinstance(kind, type) and "kind" in getattr(kind, "model_fields", ())
}


def named_in(module) -> set[str]:
    """The facts whose names stand in the code of a module, its imports and lists aside."""
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))
    inside = [
        node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)
    ]
    names = {
        node.id for part in inside for node in ast.walk(part) if isinstance(node, ast.Name)
    }
    return names & FACTS


@pytest.mark.parametrize("module", [door, day, model.visit], ids=lambda m: m.__name__)
def test_what_is_folded_is_read(module) -> None:
    read = {kind.__name__ for kind in MATTERS}

    assert named_in(module) - read == set()
