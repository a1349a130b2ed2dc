"""Makes bundles as a seal would: two phones, photos, two parts, a log of others as well."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from chassis.signatures import public_key, sign
from evidence import archive, bag, heads, journals, log, merkle
from evidence.archive import Member
from evidence.bag import Contents, Medium
from evidence.canonical import canonical
from evidence.heads import Head, SealedHead
from evidence.records import Disclosure, Writer, hide
from evidence.suites import Suite, kid, public_of

VISIT = "0198a1b2-0000-7000-8000-00000000000a"
CASE = "0198a1b2-0000-7000-8000-00000000000b"
BANK = "0198a1b2-0000-7000-8000-00000000000c"
#: How many seals the log has, and the sizes of which a head was given away.
LEAVES, SIZES = 12, (3, 7, 12)


@dataclass
class Keys:
    """The private keys of a bank in files; what others get is `public`."""

    suite: Suite
    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("seal", "export"):
            if not self.private(name).exists():
                self.suite.make_key(self.private(name))

    def private(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def public(self, name: str) -> str:
        return public_of(self.private(name))

    def sign(self, name: str, content: bytes) -> str:
        return self.suite.sign(self.private(name), content)


@dataclass
class Phone:
    """A phone with a real key, whose journal grows an entry a call."""

    device: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    seq: int = 0
    prev: str = journals.GENESIS

    def jwk(self) -> dict[str, str]:
        found: dict[str, str] = public_key(self.key).model_dump(mode="json")
        return {"kty": "EC", "crv": "P-256"} | found

    def signature(self, link: str) -> str:
        return str(sign(self.key, link.encode()).value)

    def presence(self, visit: str, **more: Any) -> dict[str, Any]:
        """Return a presence as its phone signs it, what is absent as null."""
        where: dict[str, float | None] = {
            "lat": 31.230416,
            "lon": 121.4737,
            "accuracy_m": 5.0,
        }
        said = {"visit_id": visit, "device_id": self.device, "position": where} | more
        value = sign(self.key, canonical(said).encode()).value
        signature = {"alg": "ES256", "value": value}
        where = where | {"provider": None}
        return said | {"position": where, "nonce": None, "signature": signature}

    def step(self, link: str) -> tuple[int, str]:
        """Take the next place for this link; return its number, and what is before it."""
        before, self.seq, self.prev = self.prev, self.seq + 1, link
        return self.seq, before

    def write(self, fact: dict[str, Any], visit: str | None = VISIT) -> str:
        """Return the text of an entry with this fact."""
        said = {"at": "2026-03-02T07:00:00Z", "fact": fact, "salt": secrets.token_hex(16)}
        return canonical(said | ({"visit_id": visit} if visit else {}))


@dataclass
class Maker:
    """Collects the records of a visit, seals them part by part, makes copies."""

    keys: Keys
    visit: str = VISIT
    lines: list[bytes] = field(default_factory=list)
    sealed: list[SealedHead] = field(default_factory=list)
    shown: list[Disclosure] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)
    moment: str = "2026-03-02T07:00:00Z"

    def __post_init__(self) -> None:
        self.suite = self.keys.suite
        self.writer = Writer(self.suite)

    def add(
        self,
        kind: str,
        body: dict[str, Any],
        personal: dict[str, dict[str, Any]] | None = None,
        hidden: dict[str, tuple[str, str]] | None = None,
    ) -> None:
        """Append a record; we hide `personal`, a phone hid `hidden` (digest, text)."""
        digests: dict[str, dict[str, str]] = {}
        texts: dict[str, str] = {}
        for name, what in (personal or {}).items():
            digests[name], texts[name] = hide(self.suite, what)
        for name, (digest, text) in (hidden or {}).items():
            digests[name], texts[name] = {"sha256": digest}, text
        self.lines.append(self.writer.add(kind, self.moment, body, digests))
        self.shown += [Disclosure(self.writer.n, n, t) for n, t in sorted(texts.items())]

    def entry(
        self, phone: Phone, fact: dict[str, Any], signed: bool = False, **personal: Any
    ) -> None:
        """Append an entry with a salt; `personal` members of its fact are hidden."""
        hidden = {}
        if personal:
            text = canonical(personal | {"salt": secrets.token_hex(16)})
            fact = fact | {"hidden": journals.sha256(text)}
            hidden = {"personal": (fact["hidden"], text)}
        text = phone.write(fact, self.visit)
        link = journals.link_of(phone.prev, phone.seq + 1, journals.sha256(text))
        seq, prev = phone.step(link)
        signature = phone.signature(link) if signed else None
        body = journals.entry(
            *(phone.device, seq, prev, text, link, signature),
            received_at=self.moment,
            counts=True,
            verdict="fine",
            clauses=[],
        )
        self.add("entry", body, hidden=hidden)

    def plain(self, phone: Phone, show: bool, **fact: Any) -> None:
        """Append an entry of before there were salts, hidden as a whole or not."""
        said = {"at": self.moment, "fact": fact, "prev": phone.prev, "seq": phone.seq + 1}
        text = canonical(said | {"visit_id": self.visit})
        seq, prev = phone.step(link := journals.sha256(text))
        body = journals.entry(
            phone.device, seq, prev, text if show else None, link, plain=True
        )
        self.add("entry", body, hidden=None if show else {"text": (link, text)})

    def secret(self, phone: Phone, fact: dict[str, Any]) -> None:
        """Append an entry with a salt that is hidden as a whole."""
        text = phone.write(fact, self.visit)
        digest = journals.sha256(text)
        link = journals.link_of(phone.prev, phone.seq + 1, digest)
        seq, prev = phone.step(link)
        body = journals.entry(phone.device, seq, prev, None, link)
        self.add("entry", body, hidden={"text": (digest, text)})

    def link(self, phone: Phone, signed: bool = False, plain: bool = False) -> None:
        """Append what links an entry of another visit."""
        digest = journals.sha256(phone.write({"kind": "knocked"}, "another"))
        link = digest if plain else journals.link_of(phone.prev, phone.seq + 1, digest)
        seq, prev = phone.step(link)
        signature = phone.signature(link) if signed else None
        shown = None if plain else digest
        self.add(
            "link", journals.link(phone.device, seq, prev, shown, link, signature, plain)
        )

    def file(self, content: bytes) -> str:
        """Append a photo or a recording; return its digest."""
        digest = hashlib.sha256(content).hexdigest()
        self.media[digest] = content
        self.add("file", {"sha256": digest, "size": len(content), "media_kind": "photo"})
        return digest

    def seal(self, grade: str = "proven", reasons: tuple[str, ...] = ()) -> None:
        """Put a seal on all there is, as the next part, and take the next leaf but one."""
        last = self.sealed[-1].text if self.sealed else None
        head = Head(
            bank=BANK,
            visit_id=self.visit,
            case_id=CASE,
            suite=self.suite,
            part=len(self.sealed) + 1,
            records=self.writer.n,
            last=self.writer.last,
            before=heads.before(self.suite, last),
            sealed_at="2026-03-02T09:00:00Z",
            grade=grade,
            reasons=reasons,
            key=kid(self.keys.public("seal")),
            export_keys=(kid(self.keys.public("export")),),
        )
        while len(self.leaves) % 4 != 2:
            self.leaves.append(secrets.token_bytes(40))
        signature = self.keys.sign("seal", head.text().encode())
        self.sealed.append(SealedHead(head.text(), signature, len(self.leaves)))
        self.leaves.append(head.text().encode())

    def log(self) -> str:
        """Return the log with the heads of three days."""
        while len(self.leaves) < LEAVES:
            self.leaves.append(secrets.token_bytes(40))
        nodes: dict[tuple[int, int], bytes] = {}

        def node(level: int, index: int) -> bytes:
            return nodes[level, index]

        for index, leaf in enumerate(self.leaves):
            hashed = merkle.leaf_hash(self.suite, leaf)
            for level, at, found in merkle.added(self.suite, index, hashed, node):
                nodes[level, at] = found
        trees = []
        for day, size in enumerate(SIZES, 3):
            root = merkle.root(self.suite, size, node)
            moment, key = f"2026-03-{day:02}T16:00:00Z", kid(self.keys.public("seal"))
            text = log.tree_head(self.suite, BANK, moment, size, root, key)
            trees.append((size, log.TreeHead(text, self.keys.sign("seal", text.encode()))))
        leaves = [(n, s.leaf) for n, s in enumerate(self.sealed, 1) if s.leaf is not None]
        return log.log_text(self.suite, trees, leaves, node)

    def contents(self) -> Contents:
        return Contents(
            suite=self.suite,
            visit_id=self.visit,
            bank=BANK,
            made_on="2026-03-05",
            records=b"".join(self.lines),
            heads=self.sealed,
            disclosures=self.shown,
            log=self.log(),
            keys=[self.keys.public("seal"), self.keys.public("export")],
            media=[
                Medium(digest, len(content), opener(content))
                for digest, content in self.media.items()
            ],
        )

    def sign_copy(self, tag_manifest: bytes) -> tuple[str, str]:
        return kid(self.keys.public("export")), self.keys.sign("export", tag_manifest)

    def members(self) -> list[Member]:
        return bag.assemble(self.contents(), self.sign_copy)

    def bundle(self) -> bytes:
        return b"".join(archive.stream(self.members()))


def opener(content: bytes) -> Any:
    def pieces() -> Iterator[bytes]:
        yield from (content[n : n + 1000] for n in range(0, len(content), 1000))

    return pieces


def visit(keys: Keys, entries: int = 200, visit_id: str = VISIT) -> Maker:
    """Return a visit of two phones: sealed, corrected, sealed again."""
    maker = Maker(keys, visit_id)
    phones = [Phone(f"0198a1b2-0000-7000-8000-0000000000{n}") for n in ("d1", "d2")]
    maker.add(
        *("visit", {"visit_id": visit_id, "case_id": CASE, "books": ["contract"]}),
        personal={"debtor": {"name": "张三"}, "place": {"lat": 31.230416, "lon": 121.4737}},
    )
    for phone in phones:
        maker.add("phone", journals.phone(phone.device, phone.jwk(), person="p"))
        for _ in range(3):
            maker.link(phone)
        maker.plain(phone, show=True, kind="knocked")
        maker.plain(phone, show=False, kind="position", lat=31.2)
        maker.link(phone, plain=True, signed=True)
        body = {"device": phone.device, "distance_m": 12.5, "accuracy_m": 5.0}
        maker.add("check_in", body, personal={"presence": phone.presence(visit_id)})
        maker.secret(phone, {"kind": "complaint"})
    for n in range(entries):
        phone, signed = phones[n % 2], n % 20 in (18, 19)
        if n % 7 == 0:
            maker.entry(phone, {"kind": "position"}, signed, lat=31.2304, lon=121.4737)
        else:
            maker.entry(phone, {"kind": "conduct", "n": n}, signed)
        if n % 9 == 0:
            maker.link(phone)
    maker.add("decision", {"act": "check_in", "allowed": True, "clauses": ["C.24"]})
    maker.file(b"\xff\xd8" + b"photo" * 20)
    gone = maker.file(b"\xff\xd8" + b"another" * 20)
    maker.file(b"OggS" + bytes(range(256)) * (entries // 4 + 1))
    maker.add("coverage", {"seconds": 600, "gaps": []})
    maker.add("ending", {"how": "left"})
    for phone in phones:
        maker.link(phone, signed=True)
    maker.seal()
    maker.add("correction", {"by": "p"}, personal={"text": {"text": "更正"}})
    maker.entry(phones[0], {"kind": "knocked", "late": True}, signed=True)
    maker.entry(phones[1], {"kind": "knocked", "late": True})
    maker.add("erased", {"files": [gone], "by": "p", "why": "debtor_asked"})
    del maker.media[gone]
    maker.seal("kept", ("file_missing",))
    return maker
