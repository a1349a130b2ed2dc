"""The command: what it says, by which code it ends, and what it gets along without."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from doorstep.command import main as doorstep
from evidence import openssl, telling
from evidence.__main__ import main
from evidence.suites import SUITES
from tests.evidence import forging
from tests.evidence.conftest import Made, made
from tests.evidence.making import SIZES, VISIT, Keys, Maker

ROOT = Path(__file__).parent.parent.parent
OnDisk = Callable[[bytes, str], list[str]]
Said = pytest.CaptureFixture[str]
#: Whoever opens a socket, or brings a package along, is told no.
NO_NETWORK = """
import socket, sys
def no(*args, **more): raise SystemExit("a socket")
socket.socket = socket.create_connection = socket.getaddrinfo = no
"""


def test_verified(large: Made, on_disk: OnDisk, capsys: Said) -> None:
    code = main(on_disk(large.bundle, large.seal))

    said = capsys.readouterr().out.splitlines()
    assert code == 0
    assert said[0] == "VERIFIED: all of it fits, and a key that you gave says so"
    assert said[1] == "Proven:"
    not_proven = said[said.index("Not proven:") + 1 :]
    assert not_proven[0].startswith(
        "- that the visit is complete: the newest seal says kept"
    )
    assert any("no signature reaches 3 of them" in line for line in not_proven)
    assert any("the copy has the sizes 3, 7, 12" in line for line in not_proven)


def test_integrity_only(large: Made, on_disk: OnDisk, capsys: Said) -> None:
    bundle, *_ = on_disk(large.bundle, large.seal)

    assert main([bundle, "--lang", "en"]) == 3
    said = capsys.readouterr().out
    assert said.startswith("INTEGRITY ONLY: ")
    assert "Proven:" not in said.replace("Not proven:", "")
    assert "- who sealed it: no key from outside was given (--key)" in said


def test_failed(large: Made, on_disk: OnDisk, capsys: Said) -> None:
    content = large.bundle.replace(b"knocked", b"entered", 1)

    assert main(on_disk(content, large.seal)) == 1
    assert capsys.readouterr().out == (
        "FAILED: data/records.jsonl: its bytes do not have the CRC that the ZIP names\n"
    )


def test_in_chinese(large: Made, on_disk: OnDisk, capsys: Said) -> None:
    words = on_disk(large.bundle, large.seal)[:-1]

    assert main([*words, "zh-CN"]) == 0
    assert "未证明：\n- 该次上门完整" in capsys.readouterr().out


def test_the_same_through_doorstep(large: Made, on_disk: OnDisk, capsys: Said) -> None:
    assert doorstep(["verify", *on_disk(large.bundle, large.seal)]) == 0
    assert capsys.readouterr().out.startswith("VERIFIED")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.zip"], "nowhere.zip cannot be read (No such file or directory)"),
        (["{0}", "--key", "nowhere.pub"], "nowhere.pub cannot be read"),
        (["{0}", "--key", "{0}"], "holds no key (PEM)"),
        (["{0}", "--tree-head", "{1}"], "is no head of a bank's log"),
        (["{0}", "--tsa", "nowhere.pem"], "nowhere.pem cannot be read"),
    ],
)
def test_wrong_use(
    small: Made, on_disk: OnDisk, capsys: Said, words: list[str], says: str
) -> None:
    bundle, _, seal, *_ = on_disk(small.bundle, small.seal)

    code = main([each.format(bundle, seal) for each in words] + ["--lang", "en"])

    assert (code, says in capsys.readouterr().err) == (2, True)


def test_without_openssl(
    small: Made,
    on_disk: OnDisk,
    capsys: Said,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    words = on_disk(small.bundle, small.seal)
    monkeypatch.setenv("PATH", str(tmp_path))
    forget()

    assert main(words) == 2
    assert "install OpenSSL 3.0 or newer" in capsys.readouterr().err


@pytest.mark.parametrize("version", ["OpenSSL 1.1.1w  11 Sep 2023", "LibreSSL 3.3.6", ""])
def test_with_an_openssl_that_is_too_old(
    version: str,
    small: Made,
    on_disk: OnDisk,
    capsys: Said,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    words = on_disk(small.bundle, small.seal)
    (tmp_path / "openssl").write_text(f"#!/bin/sh\necho '{version}'\n")
    (tmp_path / "openssl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    forget()

    assert main(words) == 2
    assert f"openssl here is {version or '?'}; install" in capsys.readouterr().err


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


def forget() -> None:
    """Let it ask for openssl again: the answers of before are kept otherwise."""
    from evidence import es256, suites

    openssl._present.cache_clear()
    suites._verifies.cache_clear()
    es256.verifies.cache_clear()


def test_a_stranger_with_python_and_openssl_alone(large: Made, tmp_path: Path) -> None:
    """The copy inside: no package, no site, no network, no program but openssl."""
    (tmp_path / "bundle.zip").write_bytes(large.bundle)
    (tmp_path / "seal.pub").write_text(large.seal)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as file:
        file.extractall(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "openssl").symlink_to(str(shutil.which("openssl")))
    run = f"{NO_NETWORK}\nimport runpy; sys.argv[0] = 'evidence'\n"
    run += "runpy.run_module('evidence', run_name='__main__')"

    done = subprocess.run(
        [sys.executable, "-S", "-E", "-s", "-c", run, "../bundle.zip", "--lang", "en"]
        + ["--key", "../seal.pub"],
        cwd=tmp_path / f"doorstep-{VISIT}",
        env={"PATH": str(tmp_path / "bin"), "LANG": "C"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("VERIFIED")
    assert "this verifier came with a bundle" in done.stdout


def test_it_is_verified_where_only_ascii_can_be_shown(large: Made, tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_bytes(large.bundle)

    done = subprocess.run(
        [sys.executable, "-m", "evidence", tmp_path / "bundle.zip", "--lang", "zh-CN"],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (3, b"")


def test_whoever_reads_no_further_is_no_error(large: Made, tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_bytes(large.bundle)
    reads, writes = os.pipe()
    os.close(reads)

    done = subprocess.run(
        [sys.executable, "-m", "evidence", tmp_path / "bundle.zip", "--lang", "en"],
        cwd=ROOT,
        stdout=writes,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writes)

    assert (done.returncode, done.stderr) == (3, b"")


def test_nothing_in_a_bundle_moves_the_cursor() -> None:
    assert telling.printable("a\x1b[2Jb\n\u202e") == "a�[2Jb��"


# --- heads of the log, given away on a day


def heads_of(made: Made) -> list[dict[str, str]]:
    [said] = forging.lines(forging.unpacked(made.bundle)[forging.LOG])
    found: list[dict[str, str]] = said["heads"]
    return found


@pytest.mark.parametrize("day", range(len(SIZES)))
@pytest.mark.parametrize("signed", [True, False])
def test_a_head_of_the_log_confirms(
    large: Made, on_disk: OnDisk, capsys: Said, tmp_path: Path, day: int, signed: bool
) -> None:
    head = heads_of(large)[day]
    (tmp_path / "head").write_text(json.dumps(head) if signed else head["head"] + "\n")

    words = [*on_disk(large.bundle, large.seal), "--tree-head", str(tmp_path / "head")]

    assert main(words) == 0
    said = capsys.readouterr().out
    assert f"the head of the log of {SIZES[day]} leaves" in said
    assert f"given; in it are the parts: {('1', '1, 2', '1, 2')[day]}\n" in said
    assert "was not confirmed from outside" not in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            '"size":7',
            '"size":8',
            "the copy has no head of the log of 8 leaves, but of 3, 7, 12",
        ),
        ('"root":"', '"root":"0', "the bank gave you another head of 7 leaves"),
        ('"bank":"', '"bank":"0', "it is a head of another log"),
    ],
)
def test_another_head_of_the_log(
    large: Made,
    on_disk: OnDisk,
    capsys: Said,
    tmp_path: Path,
    old: str,
    new: str,
    says: str,
) -> None:
    (tmp_path / "head").write_text(heads_of(large)[1]["head"].replace(old, new))

    words = [*on_disk(large.bundle, large.seal), "--tree-head", str(tmp_path / "head")]

    assert main(words) == 1
    assert says in capsys.readouterr().out


# --- what a bundle may do without


def test_a_seal_that_the_log_does_not_have_yet(keys: Keys) -> None:
    maker = Maker(keys)
    maker.add("visit", {"visit_id": maker.visit, "case_id": "c"})
    maker.leaves = [b"x"] * 14
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.evidence.making.CASE", "c")
        maker.seal()
    story = made(maker)

    found = story.found(story.bundle)

    assert found.log.parts == ()
    assert ("unlogged", {"parts": [1]}) in list(telling._log_not_proven(found))


def test_the_catalogues_say_the_same() -> None:
    one, two = (telling.words(language) for language in telling.LANGUAGES)

    assert {g: list(w) for g, w in one.items()} == {g: list(w) for g, w in two.items()}
    for group, key in ((g, k) for g, words in one.items() for k in words):
        assert holes(one[group][key]) == holes(two[group][key]), key


def holes(text: str) -> list[str]:
    return sorted(part.partition("}")[0] for part in text.split("{")[1:])


def test_every_reason_has_its_words() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "evidence").glob("*.py"))
    words = telling.words("en")

    for error, group in (("DoesNotFit", "reason"), ("CannotCheck", "cannot")):
        named = {part.split('"')[1] for part in sources.split(f"raise {error}(")[1:]}
        assert named <= words[group].keys()
    written = {part.split('"')[1] for part in sources.split("raise CannotWrite(")[1:]}
    assert written <= words["cannot"].keys()
    assert "unknown_key" in words["reason"]
    assert set(SUITES) == {"international", "sm"}
