"""The files of `docs/contracts/`: what they hold now, and what they should hold."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from doorstep.contracts import asyncapi, examples
from doorstep.contracts.messages import Schema, messages, schema
from gateway import openapi
from gateway.app import OFF, furnish

#: Files by their path in the folder.
Contracts = dict[str, Schema]

#: Where they lie in a checkout; an installed Doorstep has none.
FOLDER = Path(__file__).parents[2] / "docs/contracts"
RELEASED, EXAMPLES = "released.json", "examples"


def made() -> Contracts:
    """Return every file that is made from the code, by its path in the folder."""
    return {"openapi.json": http(), "asyncapi.json": asyncapi.document()} | {
        f"schemas/{name}.json": schema(kind) for name, kind in messages().items()
    }


def http() -> Schema:
    """Return the HTTP API's description, as the gateway serves it."""
    app = FastAPI(title="Doorstep", **OFF)
    furnish(app)
    return openapi.document(app)


def text(content: Any) -> str:
    """Return a file's text: the same one for the same content, wherever it is made."""
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def stale(contracts: Contracts, folder: Path = FOLDER) -> list[str]:
    """Return the files that are not as the code makes them, are missing, or too many."""
    wanted = {path: text(content) for path, content in contracts.items()}
    there = {str(path.relative_to(folder)) for path in generated(folder)}
    changed = {
        path
        for path in there & {*wanted}
        if (folder / path).read_text("utf-8") != wanted[path]
    }
    return sorted(changed | (there ^ {*wanted}) | {*missing_examples(folder)})


def generated(folder: Path) -> Iterator[Path]:
    """Go through the files that are made and nobody edits."""
    yield from (path for path in folder.glob("*api.json"))
    yield from folder.glob("schemas/*/*.json")


def missing_examples(folder: Path) -> list[str]:
    wanted = {f"{EXAMPLES}/{name}.json" for name in examples.wanted()}
    return [path for path in sorted(wanted) if not (folder / path).exists()]


def write(contracts: Contracts, folder: Path = FOLDER) -> list[str]:
    """Bring the folder up to date; return what was changed.

    An example that is there is never rewritten: it is what somebody once sent.
    """
    changed = stale(contracts, folder)
    for path in changed:
        file = folder / path
        if path in contracts:
            put(file, text(contracts[path]))
        elif path.startswith(EXAMPLES):
            name = path.removeprefix(f"{EXAMPLES}/").removesuffix(".json")
            put(file, text(examples.example(messages()[name])))
        else:
            file.unlink()
    return changed


def put(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, "utf-8")


def released(folder: Path = FOLDER) -> Contracts:
    """Return the files as they were at the last release."""
    found: Contracts = json.loads((folder / RELEASED).read_text("utf-8"))
    return found


def release(contracts: Contracts, folder: Path = FOLDER) -> None:
    """Hold what comes to these."""
    one_line = json.dumps(
        contracts, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    put(folder / RELEASED, one_line + "\n")
