"""A Merkle tree as in RFC 6962, with the hash of a suite; the nodes may live anywhere.

`Node` gets the hash of a complete subtree: `node(level, index)` is over the leaves from
`index << level` up to but without `(index + 1) << level`; level 0 are leaf hashes. A store
that keeps these, `added` for each leaf, proves with a logarithm of look-ups.
"""

from collections.abc import Callable, Iterator, Sequence

from evidence.suites import Suite

#: The hash of a complete subtree, by level and index.
Node = Callable[[int, int], bytes]


def leaf_hash(suite: Suite, leaf: bytes) -> bytes:
    """Return H(0x00 || leaf) (2.1)."""
    return suite.digest(b"\x00" + leaf)


def node_hash(suite: Suite, left: bytes, right: bytes) -> bytes:
    """Return H(0x01 || left || right) (2.1)."""
    return suite.digest(b"\x01" + left + right)


def added(
    suite: Suite, index: int, leaf: bytes, node: Node
) -> Iterator[tuple[int, int, bytes]]:
    """Give the nodes (level, index, hash) that this leaf's hash completes, itself first.

    `node` is asked for left neighbours alone, which were completed before.
    """
    level, found = 0, leaf
    yield level, index, found
    while index & 1:
        found = node_hash(suite, node(level, index - 1), found)
        level, index = level + 1, index >> 1
        yield level, index, found


def root(suite: Suite, size: int, node: Node) -> bytes:
    """Return the root over the first `size` leaves; of none it is the hash of nothing."""
    return _hash(suite, 0, size, node) if size else suite.digest(b"")


def inclusion(suite: Suite, index: int, size: int, node: Node) -> list[bytes]:
    """Return the path of a leaf to the root of the first `size` leaves (2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not among {size}")
    return _path(suite, index, 0, size, node)


def consistency(suite: Suite, old: int, new: int, node: Node) -> list[bytes]:
    """Return the proof that the first `old` leaves are a beginning of `new` (2.1.2)."""
    if not 0 < old <= new:
        raise ValueError(f"{old} leaves are no beginning of {new}")
    return _subproof(suite, old, 0, new, True, node)


def root_of_path(
    suite: Suite, leaf: bytes, index: int, size: int, path: Sequence[bytes]
) -> bytes | None:
    """Return the root that a leaf's hash and its path lead to; None for no such path."""
    if not 0 <= index < size:
        return None
    sides, found = list(_sides(index, size - 1)), leaf
    if len(sides) != len(path):
        return None
    for left, step in zip(sides, path, strict=True):
        pair = (step, found) if left else (found, step)
        found = node_hash(suite, *pair)
    return found


def consistent(
    suite: Suite, old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]
) -> bool:
    """Say whether (size, root) `old` is a beginning of `new` (RFC 9162, 2.1.4.2)."""
    (small, old_root), (large, new_root) = old, new
    if not 0 < small < large:
        return small == large and small > 0 and not proof and old_root == new_root
    steps = list(proof) if small & (small - 1) else [old_root, *proof]
    at, last = small - 1, large - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    sides = list(_sides(at, last))
    if len(steps) != len(sides) + 1:
        return False
    older = newer = steps[0]
    for left, step in zip(sides, steps[1:], strict=True):
        if left:
            older = node_hash(suite, step, older)
        newer = node_hash(suite, *((step, newer) if left else (newer, step)))
    return older == old_root and newer == new_root


def _sides(at: int, last: int) -> Iterator[bool]:
    """Say for each step from a node to the root whether its sibling is on the left.

    `at` is the node's index on its level, `last` that of the last node there. Where that
    one has no sibling, it is carried up until it has (RFC 9162, 2.1.3.2).
    """
    while last:
        if at & 1 or at < last:
            yield bool(at & 1)
        at, last = at >> 1, last >> 1


def _hash(suite: Suite, first: int, end: int, node: Node) -> bytes:
    """Return the hash over these leaves, which begin where a subtree does."""
    size = end - first
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, first >> level)
    middle = first + _split(size)
    return node_hash(
        suite, _hash(suite, first, middle, node), _hash(suite, middle, end, node)
    )


def _path(suite: Suite, index: int, first: int, end: int, node: Node) -> list[bytes]:
    if end - first == 1:
        return []
    middle = first + _split(end - first)
    if index < middle:
        return [
            *_path(suite, index, first, middle, node),
            _hash(suite, middle, end, node),
        ]
    return [*_path(suite, index, middle, end, node), _hash(suite, first, middle, node)]


def _subproof(
    suite: Suite, old: int, first: int, end: int, whole: bool, node: Node
) -> list[bytes]:
    """SUBPROOF (2.1.2): `old` counts from `first`."""
    size = end - first
    if old == size:
        return [] if whole else [_hash(suite, first, end, node)]
    middle = first + _split(size)
    if old <= middle - first:
        proof = _subproof(suite, old, first, middle, whole, node)
        return [*proof, _hash(suite, middle, end, node)]
    proof = _subproof(suite, old - (middle - first), middle, end, False, node)
    return [*proof, _hash(suite, first, middle, node)]


def _split(size: int) -> int:
    """Return the largest power of two below this size."""
    return 1 << (size - 1).bit_length() - 1
