"""Tries where the seals stand in the bank's log, and what the bank gave away of it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evidence import log, merkle
from evidence.canonical import member, read
from evidence.errors import CannotCheck, DoesNotFit
from evidence.heads import Head, SealedHead
from evidence.records import DIGEST, MOMENT
from evidence.signed import Keys
from evidence.suites import Suite

HEAD = {"at", "bank", "key", "kind", "root", "size", "suite"}
#: A path of a tree has a step for each level: 64 are enough for any.
LONGEST_PATH = 64
STEP = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Tree:
    """A head of the log: over how many leaves, and their root."""

    at: str
    size: int
    root: str


@dataclass(frozen=True)
class Log:
    """The heads that the copy has, oldest first, and which parts the newest has."""

    trees: tuple[Tree, ...]
    parts: tuple[int, ...]


def check_log(
    content: bytes, sealed: Sequence[tuple[SealedHead, Head]], suite: Suite, keys: Keys
) -> Log:
    """Try the log's heads, that each goes on from the one before, and each part's place."""
    said = read(content, log.FILE)
    if said.keys() != {"consistency", "heads", "proofs"}:
        raise DoesNotFit("bad_members", log.FILE, names=", ".join(sorted(said)))
    heads = member(said, "heads", list, log.FILE)
    trees = [
        _tree(each, f"{log.FILE} heads {n}", sealed[0][1], suite, keys)
        for n, each in enumerate(heads, 1)
    ]
    _check_consistency(member(said, "consistency", list, log.FILE), trees, suite)
    proofs = member(said, "proofs", list, log.FILE)
    return Log(tuple(trees), _check_proofs(proofs, trees, sealed, suite))


def _tree(each: Any, at: str, first: Head, suite: Suite, keys: Keys) -> Tree:
    if type(each) is not dict or each.keys() != {"head", "signature"}:
        raise DoesNotFit("bad_member", at, name="heads", value=repr(each)[:80])
    text, signature = member(each, "head", str, at), member(each, "signature", str, at)
    said = read(text.encode(), at)
    if said.keys() != HEAD or said["kind"] != log.KIND:
        raise DoesNotFit("bad_members", at, names=", ".join(sorted(said)))
    if (said["bank"], said["suite"]) != (first.bank, suite.name):
        raise DoesNotFit("other_log", at)
    key, root = member(said, "key", str, at), member(said, "root", str, at)
    moment, size = member(said, "at", str, at), member(said, "size", int, at)
    if not DIGEST.fullmatch(root) or not MOMENT.fullmatch(moment) or size < 1:
        raise DoesNotFit("bad_member", at, name="root, at, size", value=size)
    if not suite.verifies(keys.seal(key, at), text.encode(), signature):
        raise DoesNotFit("bad_signature", at, kid=key)
    return Tree(moment, size, root)


def _check_consistency(proofs: list[Any], trees: Sequence[Tree], suite: Suite) -> None:
    at = f"{log.FILE} consistency"
    if len(proofs) != max(len(trees) - 1, 0):
        raise DoesNotFit("bad_number", at, value=len(proofs), expected=len(trees) - 1)
    for old, new, proof in zip(trees, trees[1:], proofs, strict=False):
        path = _path(proof, at)
        sides = [(tree.size, bytes.fromhex(tree.root)) for tree in (old, new)]
        if old.size >= new.size or not merkle.consistent(suite, sides[0], sides[1], path):
            raise DoesNotFit("log_rewritten", at, old=old.size, new=new.size)


def _check_proofs(
    proofs: list[Any],
    trees: Sequence[Tree],
    sealed: Sequence[tuple[SealedHead, Head]],
    suite: Suite,
) -> tuple[int, ...]:
    """Try the proof of every part that the newest head has; return these parts."""
    at, newest = f"{log.FILE} proofs", trees[-1] if trees else None
    size = newest.size if newest else 0
    leaves = {h.part: s.leaf for s, h in sealed if s.leaf is not None and s.leaf < size}
    given = {}
    for each in proofs:
        if type(each) is not dict or each.keys() != {"leaf", "part", "path"}:
            raise DoesNotFit("bad_member", at, name="proofs", value=repr(each)[:80])
        given[member(each, "part", int, at)] = each
    if given.keys() != leaves.keys() or len(given) != len(proofs):
        parts = ", ".join(map(str, sorted(given)))
        raise DoesNotFit("other_proofs", at, value=parts, expected=sorted(leaves))
    for part, each in given.items():
        index, path = member(each, "leaf", int, at), _path(each["path"], at)
        leaf = merkle.leaf_hash(suite, sealed[part - 1][0].text.encode())
        root = merkle.root_of_path(suite, leaf, index, size, path)
        if index != leaves[part] or newest is None or root != bytes.fromhex(newest.root):
            raise DoesNotFit("not_in_log", at, part=part, value=index)
    return tuple(sorted(given))


def _path(value: Any, at: str) -> list[bytes]:
    if type(value) is not list or len(value) > LONGEST_PATH:
        raise DoesNotFit("bad_member", at, name="path", value=repr(value)[:80])
    if not all(type(step) is str and STEP.fullmatch(step) for step in value):
        raise DoesNotFit("bad_member", at, name="path", value=repr(value)[:80])
    return [bytes.fromhex(step) for step in value]


def confirmed(found: Log, head: Head, given: bytes, name: str) -> Tree:
    """Return the tree of the copy that a head from outside names. Raises DoesNotFit.

    `given` is what the bank gave away: the head's text, or it with its signature.
    """
    said = _given(given, name)
    size, bank, suite = said.get("size"), said.get("bank"), said.get("suite")
    if (bank, suite) != (head.bank, head.suite.name):
        raise DoesNotFit("other_log", name)
    tree = next((tree for tree in found.trees if tree.size == size), None)
    if tree is None:
        sizes = ", ".join(str(tree.size) for tree in found.trees) or "-"
        raise DoesNotFit("no_such_tree", name, size=size, sizes=sizes)
    if tree.root != said.get("root"):
        raise DoesNotFit("other_tree", name, size=size)
    return tree


def _given(content: bytes, name: str) -> dict[str, Any]:
    """Read what the person gave; what is no head of a log is a wrong use."""
    try:
        said = json.loads(content)
        if type(said) is dict and type(said.get("head")) is str:
            said = json.loads(said["head"])
    except (ValueError, RecursionError):
        said = None
    if type(said) is not dict or said.get("kind") != log.KIND:
        raise CannotCheck("no_tree_head", path=name)
    return said
