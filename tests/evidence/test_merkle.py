"""The tree of RFC 6962: the known answers of Certificate Transparency, and naive sums."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import merkle
from evidence.suites import SUITES, Suite

SHA256 = SUITES["international"]
#: The leaves of the reference implementation's tests, and the roots of their beginnings.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        *("", "00", "10", "2021", "3031", "40414243"),
        *("5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def nodes_of(suite: Suite, leaves: list[bytes]) -> merkle.Node:
    nodes: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        return nodes[level, index]

    for index, leaf in enumerate(leaves):
        hashed = merkle.leaf_hash(suite, leaf)
        for level, at, found in merkle.added(suite, index, hashed, node):
            nodes[level, at] = found
    return node


def naive(suite: Suite, leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962, 2.1 writes it."""
    if not leaves:
        return suite.digest(b"")
    if len(leaves) == 1:
        return suite.digest(b"\0" + leaves[0])
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    left, right = naive(suite, leaves[:middle]), naive(suite, leaves[middle:])
    return suite.digest(b"\1" + left + right)


def test_known_roots() -> None:
    node = nodes_of(SHA256, LEAVES)

    found = [merkle.root(SHA256, size, node).hex() for size in range(1, 9)]

    assert found == ROOTS
    assert merkle.root(SHA256, 0, node).hex().startswith("e3b0c44298fc1c149afbf4c8996fb924")


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            3,
            ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
        ),
        (
            1,
            5,
            [
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_known_paths(index: int, size: int, path: list[str]) -> None:
    node = nodes_of(SHA256, LEAVES)

    assert [s.hex() for s in merkle.inclusion(SHA256, index, size, node)] == path


@pytest.mark.parametrize(
    ("old", "new", "proof"),
    [
        (1, 1, []),
        (
            1,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_known_consistency(old: int, new: int, proof: list[str]) -> None:
    node = nodes_of(SHA256, LEAVES)

    assert [s.hex() for s in merkle.consistency(SHA256, old, new, node)] == proof


@st.composite
def trees(draw: st.DrawFn) -> tuple[Suite, list[bytes], int]:
    leaves = draw(st.lists(st.binary(max_size=8), min_size=1, max_size=70))
    suite = SUITES[draw(st.sampled_from(sorted(SUITES)))]
    return suite, leaves, draw(st.integers(1, len(leaves)))


@given(trees())
def test_proofs_lead_to_the_naive_root(tree: tuple[Suite, list[bytes], int]) -> None:
    suite, leaves, old = tree
    node, new = nodes_of(suite, leaves), len(leaves)
    root, leaf = naive(suite, leaves), merkle.leaf_hash(suite, leaves[old - 1])

    assert merkle.root(suite, new, node) == root
    path = merkle.inclusion(suite, old - 1, new, node)
    assert merkle.root_of_path(suite, leaf, old - 1, new, path) == root
    proof = merkle.consistency(suite, old, new, node)
    older = (old, naive(suite, leaves[:old]))
    assert merkle.consistent(suite, older, (new, root), proof)


@given(trees(), st.data())
def test_no_other_proof_does(
    tree: tuple[Suite, list[bytes], int], data: st.DataObject
) -> None:
    suite, leaves, old = tree
    node, new = nodes_of(suite, leaves), len(leaves)
    root, leaf = naive(suite, leaves), merkle.leaf_hash(suite, leaves[old - 1])
    older = (old, naive(suite, leaves[:old]))

    path = merkle.inclusion(suite, old - 1, new, node)
    for other in others(path, data):
        assert merkle.root_of_path(suite, leaf, old - 1, new, other) != root
    proof = merkle.consistency(suite, old, new, node)
    for other in others(proof, data):
        assert not merkle.consistent(suite, older, (new, root), other)
    assert not merkle.consistent(suite, older, (new, bytes(32)), proof)
    assert not merkle.consistent(suite, (old, bytes(32)), (new, root), proof)


def others(path: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    """Return paths a step longer, a step shorter, and with one step changed."""
    found = [[*path, bytes(32)], [bytes(32), *path]]
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        found += [path[:at] + path[at + 1 :], [*path[:at], bytes(32), *path[at + 1 :]]]
    return found


def test_what_is_not_in_the_tree() -> None:
    node = nodes_of(SHA256, LEAVES)

    with pytest.raises(ValueError, match="leaf 8 is not among 8"):
        merkle.inclusion(SHA256, 8, 8, node)
    with pytest.raises(ValueError, match="9 leaves are no beginning of 8"):
        merkle.consistency(SHA256, 9, 8, node)
    assert merkle.root_of_path(SHA256, bytes(32), 8, 8, []) is None
    assert not merkle.consistent(SHA256, (0, b""), (1, b""), [])
