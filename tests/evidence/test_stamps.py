"""Tokens of a timestamp authority, made here by openssl as an authority would."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evidence import archive, bag, openssl, telling
from evidence.verifying import VERIFIED, Anchors, Finding, Verdict
from tests.evidence.answering import OTHER_MOMENT, with_words
from tests.evidence.conftest import Made, found, made, reason
from tests.evidence.making import Keys, Maker, visit
from tests.services.stamping import Authority as Ended

Run = Callable[..., subprocess.CompletedProcess[bytes]]

SETTINGS = """
[req]
distinguished_name = name
x509_extensions = tsa
prompt = no
[name]
CN = An authority
[tsa]
basicConstraints = critical, CA:TRUE
extendedKeyUsage = critical, timeStamping
[tsa_config]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sm3
signer_cert = ca.pem
signer_key = ca.key
"""


class Authority:
    """An authority of its own making; `ca` is what it gives to everybody."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.ca = folder, folder / "ca.pem"
        (folder / "settings").write_text(SETTINGS)
        (folder / "serial").write_text("01\n")
        new = "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 9"
        self.run(f"{new} -config settings")

    def run(self, words: str) -> None:
        command = ["openssl", *words.split()]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def stamp(self, text: str) -> bytes:
        (self.folder / "text").write_text(text)
        self.run("ts -query -data text -sha256 -cert -out asked")
        self.run("ts -reply -config settings -section tsa_config -queryfile asked -out tsr")
        return (self.folder / "tsr").read_bytes()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "a")


def stamped(maker: Maker, tokens: dict[int, bytes]) -> bytes:
    contents = maker.contents()
    contents.timestamps.update(tokens)  # type: ignore[attr-defined]
    return b"".join(archive.stream(bag.assemble(contents, maker.sign_copy)))


@pytest.fixture(scope="module")
def story(keys: Keys) -> Made:
    return made(visit(keys, entries=2))


def test_a_token_is_tried_with_its_authority(story: Made, authority: Authority) -> None:
    token = authority.stamp(story.maker.sealed[0].text)
    bundle = stamped(story.maker, {1: token})

    fits = found(bundle, Anchors((story.seal,), authority=authority.ca))

    assert list(fits.stamped) == [1]
    assert fits.stamped[1].at.endswith("GMT")
    assert not fits.stamped[1].ended
    untried = found(bundle, Anchors((story.seal,)))
    assert (untried.stamps, untried.stamped) == ([1], {})


def test_the_moment_is_what_was_signed_and_not_what_stands_beside_it(
    story: Made, authority: Authority, tmp_path: Path
) -> None:
    token = authority.stamp(story.maker.sealed[0].text)
    forged = with_words(token, OTHER_MOMENT, tmp_path)

    honest = found_with(story, token, authority)
    assert found_with(story, forged, authority).stamped == honest.stamped
    assert "2020" not in honest.stamped[1].at


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "a certificate that has ended since"), ("zh-CN", "证书此后已到期")],
)
def test_a_token_by_a_certificate_that_has_ended_since(
    language: str,
    says: str,
    story: Made,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = authority.stamp(story.maker.sealed[0].text)
    monkeypatch.setattr(openssl, "run", in_a_year(openssl.run))

    fits = found_with(story, token, authority)

    assert fits.stamped[1].ended
    anchors = Anchors((story.seal,), authority=authority.ca)
    said = list(telling.told(Verdict(VERIFIED, anchors, fits), language))
    not_proven = said.index(telling.said(language, "heading", "not_proven", {}))
    [at] = [n for n, line in enumerate(said) if fits.stamped[1].at in line]
    assert (at > not_proven, says in said[at]) == (True, True)


def test_a_token_by_a_certificate_that_had_ended_before(
    story: Made, tmp_path: Path
) -> None:
    ended = Ended(tmp_path / "ended", good_days=-1)
    (tmp_path / "head").write_text(story.maker.sealed[0].text)
    token = ended.stamps_another("-data", str(tmp_path / "head"), "-sha256")

    bundle = stamped(story.maker, {1: token})

    assert failed(story, bundle, ended) == "bad_stamp"


def in_a_year(run: Run) -> Run:
    """Let openssl think that it is a year later, where nobody tells it a moment."""
    later = str(int(time.time()) + 365 * 86400)

    def ran(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
        told = words[:2] != ("ts", "-verify") or "-attime" in words
        return run(*words) if told else run(*words, "-attime", later)

    return ran


def found_with(story: Made, token: bytes, authority: Authority) -> Finding:
    bundle = stamped(story.maker, {1: token})
    return found(bundle, Anchors((story.seal,), authority=authority.ca))


def test_a_token_over_another_seal(story: Made, authority: Authority) -> None:
    token = authority.stamp(story.maker.sealed[0].text)
    bundle = stamped(story.maker, {2: token})

    assert failed(story, bundle, authority) == "bad_stamp"


def test_a_token_of_another_authority(
    story: Made, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other")
    bundle = stamped(story.maker, {1: other.stamp(story.maker.sealed[0].text)})

    assert failed(story, bundle, authority) == "bad_stamp"


def test_what_is_no_token(story: Made, authority: Authority) -> None:
    assert failed(story, stamped(story.maker, {1: b"token"}), authority) == "bad_stamp"


def test_a_token_of_no_part(story: Made) -> None:
    bundle = stamped(story.maker, {3: b"token"})

    assert reason(bundle, story.seal) == ("unnamed_file", "data/timestamps/3.tsr")


def failed(story: Made, bundle: bytes, authority: Authority | Ended) -> str:
    from evidence.errors import DoesNotFit

    with pytest.raises(DoesNotFit) as raised:
        found(bundle, Anchors((story.seal,), authority=authority.ca))
    return raised.value.key
