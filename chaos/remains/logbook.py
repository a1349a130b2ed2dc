"""What the services' own log lines tell of the order in which events took effect."""

import json
from collections import defaultdict
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from chaos.remains.evidence import Said


def applied(folder: Path, said: list[Said]) -> dict[str, list[str]]:
    """Return what each hearer applied for the first time, in the order of its log.

    A line names topic, trace and sequence. Where more than one event is of that name, as
    in an import, the line says nothing; and a process that is killed has its last lines
    not written.
    """
    named: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for each in said:
        named[each.topic, each.trace, each.sequence].append(each.id)
    found: dict[str, list[str]] = defaultdict(list)
    lines = (line for file in folder.glob("services*.log") for line in heard(file))
    for line in sorted(lines, key=itemgetter("at")):
        names = named[line["message"], line["trace"], line["sequence"]]
        if len(names) == 1:
            found[line["service"]].append(names[0])
    return found


def heard(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a log that tell of a first application."""
    for text_ in file.read_text("utf-8", errors="replace").splitlines():
        if '"heard"' not in text_:
            continue
        try:
            line = json.loads(text_)
        except ValueError:  # cut short by a kill
            continue
        if line.get("outcome") in ("done", "done-again"):
            yield line
