"""Bends values of the JSON in a bundle, and has everything behind them believed.

Digests are made anew and every signature counts as good: what is left is the verifier's own
reading, which must end in a grade whatever it reads.
"""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from unittest.mock import patch

from evidence import es256, reading
from evidence.canonical import canonical
from evidence.errors import DoesNotFit
from evidence.suites import Suite
from evidence.verifying import Anchors, found_in
from tests.evidence import forging
from tests.evidence.conftest import Made
from tests.evidence.forging import DISCLOSURES, HEADS, LOG, RECORDS, Files

#: The files of which values are bent.
BENT = (RECORDS, HEADS, DISCLOSURES, LOG, "data/keys.json", "signature.json")
#: What takes the place of a value.
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 2**53 - 1, 0.5, "", "a", "é", "0" * 64, "A" * 86),
    *([], [[]], [0], ["0" * 64], {}, {"salt": "a"}, {"sha256": "0" * 64}, {"x": {}}),
)
Rows = list[dict[str, Any]]


class Bender:
    """One bundle, of which files are bent."""

    def __init__(self, made: Made) -> None:
        self.made, self.suite = made, made.maker.suite
        self.top = forging.top_of(made.bundle)
        self.files = forging.unpacked(made.bundle)
        self.rows = {name: forging.lines(self.files[name]) for name in BENT}

    def tried(self, name: str, bend: Callable[[Rows], None]) -> bool:
        """Say whether the bundle fits with this file bent. Raises what nobody must."""
        files, rows = dict(self.files), json.loads(json.dumps(self.rows[name]))
        bend(rows)
        files[name] = forging.joined(rows)
        if name == RECORDS:
            files[name] = forging.chained(self.suite, rows)
            self.reseal(files)
        if not name.endswith("jsonl"):
            files[name] = files[name].rstrip(b"\n")
        forging.with_digests(self.suite, files)

        def believed(*_: object) -> bool:
            return True

        with (
            patch.object(Suite, "verifies", believed),
            patch.object(es256, "verifies", believed),
        ):
            return fits(self.made, forging.packed(self.top, files))

    def reseal(self, files: Files) -> None:
        """Let each head end with the line that ends its part now, outside any log."""
        hashes = [self.suite.hex(line) for line in files[RECORDS].splitlines()]
        heads, before = forging.lines(files[HEADS]), "0" * 64
        for each in heads:
            said = json.loads(each["head"])
            said |= {"last": hashes[said["records"] - 1], "before": before}
            each |= {"head": canonical(said), "leaf": None}
            before = self.suite.hex(each["head"].encode())
        files[HEADS] = forging.joined(heads)
        files[LOG] = canonical({"consistency": [], "heads": [], "proofs": []}).encode()


def fits(made: Made, content: bytes) -> bool:
    """Say whether it is VERIFIED. Raises what the verifier must not."""
    try:
        archive = reading.scanned(BytesIO(content), len(content))
        found_in(archive, Anchors((made.seal,)))
    except (DoesNotFit, RecursionError):  # `verify` makes FAILED of both
        return False
    return True


def places(value: Any, *above: Any) -> Iterator[tuple[Any, ...]]:
    """Give the way to every value, also of those in texts that are JSON."""
    inner = json.loads(value) if is_object(value) else value
    if isinstance(inner, (dict, list)):
        for key in inner if isinstance(inner, dict) else range(len(inner)):
            yield (*above, key)
            yield from places(inner[key], *above, key)


def put(into: Any, way: tuple[Any, ...], value: Any) -> Any:
    """Return it with this value at the end of the way."""
    if not way:
        return value
    if is_object(into):
        return canonical(put(json.loads(into), way, value))
    into[way[0]] = put(into[way[0]], way[1:], value)
    return into


def is_object(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("{")
