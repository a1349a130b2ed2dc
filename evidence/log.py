"""`data/log.json`: where the seals stand in the bank's log, and its signed heads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evidence import merkle
from evidence.canonical import canonical
from evidence.suites import Suite

FILE = "data/log.json"
#: Says of a signed text that it is no seal but a head of the log.
KIND = "tree-head"


@dataclass(frozen=True)
class TreeHead:
    """A day's head of the log as it was signed and given away."""

    text: str
    signature: str


def tree_head(suite: Suite, bank: str, at: str, size: int, root: bytes, key: str) -> str:
    """Return the text that is signed: canonical JSON. `key` is a kid, `at` RFC 3339."""
    said = {"at": at, "bank": bank, "key": key, "kind": KIND, "root": root.hex()}
    return canonical(said | {"size": size, "suite": suite.name})


def log_text(
    suite: Suite,
    heads: Sequence[tuple[int, TreeHead]],
    leaves: Sequence[tuple[int, int]],
    node: merkle.Node,
) -> str:
    """Return `data/log.json`.

    `heads` are (size, head), of which each size is larger than the one before; `leaves`
    are (part, leaf), of which only those below the newest size can be proven.
    """
    newest = heads[-1][0] if heads else 0
    said: dict[str, Any] = {
        "heads": [{"head": h.text, "signature": h.signature} for _, h in heads],
        "consistency": [
            [step.hex() for step in merkle.consistency(suite, old, new, node)]
            for (old, _), (new, _) in zip(heads, heads[1:], strict=False)
        ],
        "proofs": [
            {
                "part": part,
                "leaf": leaf,
                "path": [s.hex() for s in merkle.inclusion(suite, leaf, newest, node)],
            }
            for part, leaf in leaves
            if leaf < newest
        ],
    }
    return canonical(said)
