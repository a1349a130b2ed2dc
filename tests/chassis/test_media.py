"""Files are kept whole, once, under what is in them."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chassis.media import Folder, Store

PHOTO = b"\xff\xd8\xff\xe0 a photo"
DIGEST = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "media")


def grown(folder: Folder, name: str, content: bytes = PHOTO) -> Path:
    file = folder.partial(name)
    file.write_bytes(content)
    return file


def test_a_file_is_found_by_what_is_in_it(folder: Folder) -> None:
    store: Store = folder
    file = grown(folder, "one")
    assert store.size(DIGEST) is None
    with pytest.raises(FileNotFoundError):
        store.open(DIGEST)

    store.keep(file, DIGEST)

    with store.open(DIGEST) as kept:
        assert kept.read() == PHOTO
    assert (store.size(DIGEST), store.path(DIGEST).read_bytes()) == (len(PHOTO), PHOTO)
    assert not file.exists()
    assert store.path(DIGEST).stat().st_nlink == 1


def test_what_is_there_already_stays(folder: Folder) -> None:
    folder.keep(grown(folder, "one"), DIGEST)
    first = folder.path(DIGEST).stat().st_ino

    again = grown(folder, "two")
    folder.keep(again, DIGEST)

    assert folder.path(DIGEST).stat().st_ino == first
    assert not again.exists()


@pytest.mark.parametrize(
    "digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, DIGEST[:-1] + "\n"]
)
def test_nothing_but_a_digest_leads_into_the_folder(folder: Folder, digest: str) -> None:
    with pytest.raises(ValueError, match="is no SHA-256"):
        folder.path(digest)


def test_nobody_else_may_look_into_it(folder: Folder) -> None:
    folder.keep(grown(folder, "one"), DIGEST)
    modes = {oct(each.stat().st_mode & 0o777) for each in folder.path(DIGEST).parents[:2]}
    assert modes == {"0o700"}


KILLED = """
import os, sys
from pathlib import Path
from chassis import media
folder = media.Folder(Path(sys.argv[1]))
setattr({module}, "{call}", lambda *_: os.kill(os.getpid(), 9))
folder.keep(folder.partial("one"), sys.argv[2])
"""


@pytest.mark.parametrize(
    ("module", "call"), [("os", "link"), ("media", "sync_folder"), ("Path", "unlink")]
)
def test_killed_while_it_is_kept_it_can_be_kept_again(
    folder: Folder, module: str, call: str
) -> None:
    file = grown(folder, "one")
    (folder.root / DIGEST[:2]).mkdir()
    code = KILLED.format(module=module, call=call)
    arguments = [sys.executable, "-c", code, str(folder.root), DIGEST]
    assert subprocess.run(arguments, cwd=os.getcwd()).returncode == -9

    assert file.read_bytes() == PHOTO
    folder.keep(file, DIGEST)
    assert folder.path(DIGEST).read_bytes() == PHOTO
    assert not file.exists()
