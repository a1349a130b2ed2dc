"""Tries who sealed the records and who made the copy: heads, and the tag manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evidence import heads
from evidence.canonical import member, read
from evidence.errors import DoesNotFit
from evidence.heads import Head, SealedHead
from evidence.suites import Suite, kid


@dataclass(frozen=True)
class Keys:
    """Public keys (PEM) by their kid.

    `outside` was got otherwise than with the bundle: `seals` may sign heads and heads of
    the log, `copies` copies. `inside` is what the bundle says of itself, and proves
    nothing.
    """

    inside: Mapping[str, str]
    seals: Mapping[str, str]
    copies: Mapping[str, str]

    def seal(self, key: str, at: str) -> str:
        """Return the key that may have sealed. Raises DoesNotFit for one unheard of."""
        known = self.seals or self.inside
        if key not in known:
            raise DoesNotFit("other_key" if self.seals else "unknown_key", at, kid=key)
        return known[key]


def read_keys(content: bytes) -> dict[str, str]:
    """Return the public keys in `data/keys.json`, each under its right name."""
    at = "data/keys.json"
    found = read(content, at)
    for name in found:
        if kid(member(found, name, str, at)) != name:
            raise DoesNotFit("misnamed_key", at, kid=name[:80])
    return found


def check_heads(
    sealed: Sequence[tuple[SealedHead, Head]], suite: Suite, keys: Keys
) -> None:
    """Try each head's signature, and that it names the one before it."""
    first, last, leaf = sealed[0][1], None, -1
    for part, (each, head) in enumerate(sealed, 1):
        at = f"{heads.FILE} line {part}"
        same = (first.bank, first.visit_id, first.case_id, suite)
        if (head.bank, head.visit_id, head.case_id, head.suite) != same:
            raise DoesNotFit("other_visit", at, value=head.visit_id)
        if head.part != part:
            raise DoesNotFit("bad_number", at, value=head.part, expected=part)
        expected = heads.before(suite, last)
        if head.before != expected:
            raise DoesNotFit("chain_torn", at, value=head.before, expected=expected)
        if not suite.verifies(keys.seal(head.key, at), each.text.encode(), each.signature):
            raise DoesNotFit("bad_signature", at, kid=head.key)
        if each.leaf is not None and each.leaf <= leaf:
            raise DoesNotFit("bad_number", at, value=each.leaf, expected=f"> {leaf}")
        last, leaf = each.text, leaf if each.leaf is None else each.leaf


def check_records(sealed: Sequence[tuple[SealedHead, Head]], hashes: list[str]) -> None:
    """Try that each head ends where the records of its part do, the last at the end."""
    before = 0
    for part, (_, head) in enumerate(sealed, 1):
        at = f"{heads.FILE} line {part}"
        if not before < head.records <= len(hashes):
            there = f"{before + 1}..{len(hashes)}"
            raise DoesNotFit("bad_number", at, value=head.records, expected=there)
        if hashes[head.records - 1] != head.last:
            raise DoesNotFit("other_records", at, line=head.records)
        before = head.records
    if before != len(hashes):
        at = f"data/records.jsonl line {before + 1}"
        raise DoesNotFit("unsealed_records", at, count=len(hashes) - before)


def check_copy(
    content: bytes, tag_manifest: bytes, suite: Suite, keys: Keys, newest: Head
) -> str:
    """Try who signed this copy; return the key's kid.

    It is a key that the newest head names, as sealed, or one that was given from outside.
    """
    at = "signature.json"
    said = read(content, at)
    if said.keys() != {"key", "signature"}:
        raise DoesNotFit("bad_members", at, names=", ".join(sorted(said)))
    key: str = member(said, "key", str, at)
    signature: str = member(said, "signature", str, at)
    public = keys.copies.get(key)
    if public is None and key in newest.export_keys:
        public = keys.inside.get(key)
    if public is None:
        raise DoesNotFit("other_copier", at, kid=key[:80])
    if not suite.verifies(public, tag_manifest, signature):
        raise DoesNotFit("bad_signature", at, kid=key)
    return key
