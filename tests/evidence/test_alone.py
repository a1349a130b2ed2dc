"""The package stands alone: it travels in a bundle, to where nothing else is."""

import ast
import sys
from pathlib import Path

SOURCES = sorted((Path(__file__).parent.parent.parent / "evidence").glob("*.py"))


def test_it_imports_the_standard_library_alone() -> None:
    named = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                named |= {each.name for each in node.names}
            if isinstance(node, ast.ImportFrom):
                named.add(node.module or "")

    others = {name.partition(".")[0] for name in named} - sys.stdlib_module_names
    assert others == {"evidence"}


def test_it_opens_no_connection() -> None:
    named = "".join(path.read_text() for path in SOURCES)

    assert not [word for word in ("socket", "urllib", "http.client") if word in named]
