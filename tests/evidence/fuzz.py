"""Lets atheris change a bundle: `python -m tests.evidence.fuzz FOLDER -max_total_time=60`.

Whatever it makes of one ends in a grade, and in VERIFIED only where every byte is as it
was. Half of what it makes is bytes of the ZIP, half values of the JSON in it (`bending`).
"""

import json
import sys
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["evidence"]):
    from evidence import verifying  # noqa: F401 - so that all of it is instrumented
    from evidence.canonical import canonical
    from evidence.suites import SUITES

from tests.evidence.bending import BENT, VALUES, Bender, Rows, fits
from tests.evidence.conftest import small_of
from tests.evidence.making import Keys


def try_bytes(bender: Bender, provider: Any) -> None:
    """Change the bytes of the ZIP."""
    content = spliced(bender.made.bundle, provider)
    if fits(bender.made, content) and content != bender.made.bundle:
        raise AssertionError("VERIFIED, and it is another bundle")


def try_values(bender: Bender, provider: Any) -> None:
    """Change values of one file, as whoever holds every key could."""

    def bend(rows: Rows) -> None:
        for _ in range(provider.ConsumeIntInRange(1, 3)):
            change(rows[provider.ConsumeIntInRange(0, len(rows) - 1)], provider)

    bender.tried(BENT[provider.ConsumeIntInRange(0, len(BENT) - 1)], bend)


def change(value: Any, provider: Any) -> None:
    """Replace or drop something in this value, or in a text of JSON in it."""
    while keys := list(value) if isinstance(value, dict) else list(range(len(value))):
        key = keys[provider.ConsumeIntInRange(0, len(keys) - 1)]
        if isinstance(value[key], (dict, list)) and provider.ConsumeBool():
            value = value[key]
            continue
        if isinstance(value[key], str) and value[key].startswith("{"):
            inner = json.loads(value[key])
            change(inner, provider)
            value[key] = canonical(inner)
        elif provider.ConsumeBool():
            at = provider.ConsumeIntInRange(0, len(VALUES) - 1)
            value[key] = deepcopy(VALUES[at])
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
        bender = Bender(small_of(Keys(SUITES["international"], Path(folder))))
        assert fits(bender.made, bender.made.bundle)

        def one(data: bytes) -> None:
            provider = atheris.FuzzedDataProvider(data)
            (try_bytes if provider.ConsumeBool() else try_values)(bender, provider)

        atheris.Setup(sys.argv, one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
