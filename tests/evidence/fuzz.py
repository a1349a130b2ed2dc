"""Lets atheris change a bundle: `python -m tests.evidence.fuzz FOLDER -max_total_time=60`.

Whatever it makes of one ends in a grade, and in VERIFIED only where every byte is as it
was. Half of what it makes is a value of the JSON in a bundle, put back with every digest
made anew and every signature believed: nothing behind them would be reached otherwise.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import atheris

with atheris.instrument_imports(include=["evidence"]):
    from evidence import es256, reading
    from evidence.canonical import canonical
    from evidence.errors import DoesNotFit
    from evidence.suites import SUITES, Suite
    from evidence.verifying import Anchors, found_in

from tests.evidence import forging
from tests.evidence.conftest import Made, small_of
from tests.evidence.making import Keys

#: What takes the place of a value.
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 2**53 - 1, 0.5, "", "a", "é", "0" * 64, "A" * 86),
    *([], [[]], [0], ["0" * 64], {}, {"salt": "a"}, {"sha256": "0" * 64}, {"x": {}}),
)
PARSED = (*(forging.RECORDS, forging.HEADS, forging.DISCLOSURES, forging.LOG),)


class Fuzz:
    """One bundle, and what is done to it."""

    def __init__(self, folder: Path) -> None:
        self.made: Made = small_of(Keys(SUITES["international"], folder))
        self.suite = self.made.maker.suite
        self.top = forging.top_of(self.made.bundle)
        self.files = forging.unpacked(self.made.bundle)

    def try_bytes(self, provider: Any) -> None:
        """Change the bytes of the ZIP."""
        content = spliced(self.made.bundle, provider)
        if self.fits(content) and content != self.made.bundle:
            raise AssertionError("VERIFIED, and it is another bundle")

    def try_value(self, provider: Any) -> None:
        """Change values of one file's JSON, as whoever holds every key could."""
        name, files = PARSED[provider.ConsumeIntInRange(0, 3)], dict(self.files)
        rows = forging.lines(files[name])
        for _ in range(provider.ConsumeIntInRange(1, 3)):
            bend(rows[provider.ConsumeIntInRange(0, len(rows) - 1)], provider)
        files[name] = forging.joined(rows)
        if name == forging.RECORDS:
            files[name] = forging.chained(self.suite, rows)
            self.reseal(files)
        if name == forging.LOG:
            files[name] = files[name].rstrip(b"\n")
        forging.with_digests(self.suite, files)
        believed: Callable[..., bool] = lambda *_: True  # noqa: E731 - typed for two
        with (
            patch.object(Suite, "verifies", believed),
            patch.object(es256, "verifies", believed),
        ):
            self.fits(forging.packed(self.top, files))

    def reseal(self, files: forging.Files) -> None:
        """Let each head end with the line that ends its part now."""
        hashes = [self.suite.hex(line) for line in files[forging.RECORDS].splitlines()]
        heads, before = forging.lines(files[forging.HEADS]), "0" * 64
        for each in heads:
            said = json.loads(each["head"])
            said |= {"last": hashes[said["records"] - 1], "before": before}
            each["head"] = canonical(said)
            before = self.suite.hex(each["head"].encode())
            each["leaf"] = None
        files[forging.HEADS] = forging.joined(heads)
        files[forging.LOG] = canonical(
            {"consistency": [], "heads": [], "proofs": []}
        ).encode()

    def fits(self, content: bytes) -> bool:
        """Say whether it is VERIFIED. Raises what the verifier must not."""
        try:
            archive = reading.scanned(BytesIO(content), len(content))
            found_in(archive, Anchors((self.made.seal,)))
        except (DoesNotFit, RecursionError):  # `verify` makes FAILED of both
            return False
        return True


def bend(value: Any, provider: Any) -> None:
    """Replace, drop or double something in this value, or in a text of JSON in it."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = keys[provider.ConsumeIntInRange(0, len(keys) - 1)]
        if isinstance(value[key], (dict, list)) and provider.ConsumeBool():
            value = value[key]
            continue
        if isinstance(value[key], str) and value[key].startswith("{"):
            inner = json.loads(value[key])
            bend(inner, provider)
            value[key] = canonical(inner)
        elif provider.ConsumeBool():
            value[key] = deepcopy(VALUES[provider.ConsumeIntInRange(0, len(VALUES) - 1)])
        else:
            del value[key]
        return


def spliced(content: bytes, provider: Any) -> bytes:
    """Put bytes into the content: over it, between it, or instead of a piece of it."""
    for _ in range(provider.ConsumeIntInRange(1, 4)):
        at = provider.ConsumeIntInRange(0, len(content))
        length = provider.ConsumeIntInRange(0, 64)
        gone = provider.ConsumeIntInRange(0, 64)
        content = content[:at] + provider.ConsumeBytes(length) + content[at + gone :]
    return content


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        fuzz = Fuzz(Path(folder))
        assert fuzz.fits(fuzz.made.bundle)

        def one(data: bytes) -> None:
            provider = atheris.FuzzedDataProvider(data)
            (fuzz.try_bytes if provider.ConsumeBool() else fuzz.try_value)(provider)

        atheris.Setup(sys.argv, one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
