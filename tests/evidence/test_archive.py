"""The ZIP: what others read of it, and what ours refuses of theirs."""

import io
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from evidence import archive, reading
from evidence.archive import Member
from evidence.errors import DoesNotFit
from tests.evidence.conftest import Made, reason
from tests.evidence.forging import pieces, top_of, unpacked

#: A file whose size does not fit in 32 bits, of zeros.
HUGE = (4 << 30) + 5


def test_unzip_and_python_read_it(large: Made, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(large.bundle)

    done = subprocess.run(["unzip", "-tq", path], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        top = top_of(large.bundle)
        there = {n.removeprefix(f"{top}/"): file.read(n) for n in file.namelist()}
    assert there == unpacked(large.bundle)


def test_it_is_the_same_each_time_and_as_long_as_it_was_said(large: Made) -> None:
    members = large.maker.members()

    one, two = (b"".join(archive.stream(each)) for each in (members, members[::-1]))

    assert one == two
    assert archive.length(members) == len(one)


def test_a_file_that_is_longer_than_it_said_ends_the_archive() -> None:
    member = Member("doorstep-a/bagit.txt", 3, 0, partial(pieces, b"four"))

    with pytest.raises(ValueError, match="was to have 3"):
        list(archive.stream([member]))


def zeros(size: int) -> Iterator[bytes]:
    block = bytes(1 << 20)
    while size:
        yield block[: min(size, len(block))]
        size -= min(size, len(block))


def sparse(path: Path, members: list[Member]) -> None:
    """Write an archive of zeros as a file with holes, which takes no room."""
    with path.open("wb") as file:
        for piece in archive.stream(members):
            if piece.strip(b"\0"):
                file.write(piece)
            else:
                file.seek(len(piece), io.SEEK_CUR)


@pytest.mark.long
def test_above_four_gigabytes_it_is_a_zip64_that_others_read(tmp_path: Path) -> None:
    crc = 0
    for piece in zeros(HUGE):
        crc = zlib.crc32(piece, crc)
    digest, small = "0" * 64, b"behind"
    members = [
        Member(f"doorstep-a/data/media/{digest}", HUGE, crc, partial(zeros, HUGE)),
        Member("doorstep-a/signature.json", 6, zlib.crc32(small), partial(pieces, small)),
    ]
    sparse(tmp_path / "huge.zip", members)

    assert (tmp_path / "huge.zip").stat().st_size == archive.length(members)
    with reading.opened(tmp_path / "huge.zip") as found:
        assert found.members[f"data/media/{digest}"].size == HUGE
        assert found.read("signature.json") == small
    with zipfile.ZipFile(tmp_path / "huge.zip") as file:
        assert file.getinfo(members[0].name).file_size == HUGE
        assert file.read(members[1].name) == small
    tested = ["unzip", "-tq", tmp_path / "huge.zip"]
    assert subprocess.run(tested, capture_output=True, check=False).returncode == 0


def rezipped(
    made: Made, compression: int = zipfile.ZIP_STORED, attributes: int = 0
) -> bytes:
    """Return the same files as another program zips them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in unpacked(made.bundle).items():
            info = zipfile.ZipInfo(f"{top_of(made.bundle)}/{name}")
            info.external_attr = attributes or archive.MODE
            file.writestr(info, content, compression)
    return out.getvalue()


def test_python_writes_the_same_bytes(small: Made) -> None:
    assert rezipped(small) == small.bundle


def test_compressed(small: Made) -> None:
    assert reason(rezipped(small, zipfile.ZIP_DEFLATED), small.seal)[0] == "bad_byte"


def test_a_symbolic_link(small: Made) -> None:
    content = small.bundle.replace(
        archive.MODE.to_bytes(4, "little"), (0o120777 << 16).to_bytes(4, "little")
    )

    assert content != small.bundle
    assert reason(content, small.seal)[0] == "bad_byte"


def test_encrypted_and_commented(small: Made) -> None:
    encrypted = bytearray(small.bundle)
    encrypted[6] |= 1
    commented = small.bundle[:-2] + b"\x02\x00hi"

    assert reason(bytes(encrypted), small.seal) == ("bad_byte", "byte 6")
    assert reason(commented, small.seal)[0] == "bad_byte"


def raw(*members: tuple[str, bytes]) -> bytes:
    """Write an archive in the order given, which `stream` never does."""
    out, directory = b"", []
    for name, content in members:
        crc = zlib.crc32(content)
        directory.append(archive.central(name, len(content), crc, len(out)))
        out += archive.local(name, len(content), crc) + content
    ending = archive.ending(len(members), sum(map(len, directory)), len(out))
    return out + b"".join(directory) + ending


def test_out_of_order_and_twice() -> None:
    one, two = ("doorstep-a/bagit.txt", b"1"), ("doorstep-a/signature.json", b"2")

    assert scan(raw(one, two)).members.keys() == {"bagit.txt", "signature.json"}
    for members in ((two, one), (one, one), (one, two, two)):
        with pytest.raises(DoesNotFit, match="out_of_order"):
            scan(raw(*members))


def test_two_folders_and_none() -> None:
    one, two = ("doorstep-a/bagit.txt", b"1"), ("doorstep-b/bagit.txt", b"2")

    for members in ((one, two), (("bagit.txt", b""),)):
        with pytest.raises(DoesNotFit, match="bad_name"):
            scan(raw(*members))
    with pytest.raises(DoesNotFit, match="no_header"):
        scan(raw())


def test_too_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST", 1)
    one, two = ("doorstep-a/bagit.txt", b"1"), ("doorstep-a/signature.json", b"2")

    with pytest.raises(DoesNotFit, match="too_many"):
        scan(raw(one, two))


def test_a_file_too_long_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST", 3)

    with pytest.raises(DoesNotFit, match="too_long"):
        scan(raw(("doorstep-a/bagit.txt", b"four"))).read("bagit.txt")


def scan(content: bytes) -> reading.Archive:
    return reading.scanned(io.BytesIO(content), len(content))
