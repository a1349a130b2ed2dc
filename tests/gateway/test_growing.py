"""A file while it grows: what is forgotten is let go, what is kept is never written to."""

import hashlib
from pathlib import Path

from chassis.media import Folder
from gateway.uploads.growing import Growing


def test_a_file_that_is_forgotten_is_let_go(tmp_path: Path) -> None:
    """As when the transaction that read its row could not be committed."""
    path = tmp_path / "photo"
    assert Growing.seize(path)

    again = Growing.seize(path)

    assert again
    assert Growing.seize(path) is None
    again.close()


def test_what_the_store_has_is_never_written_to(tmp_path: Path) -> None:
    folder, content = Folder(tmp_path), b"as it was received"
    path, digest = folder.partial("photo"), hashlib.sha256(content).hexdigest()
    file = Growing.seize(path)
    assert file
    file.write([content])
    folder.link(path, digest)  # and then its commit fails

    file.part_from_store()
    assert Growing.seize(path) is None  # it is locked as before
    file.cut(0)
    file.write([b"other bytes"])

    assert folder.path(digest).read_bytes() == content
    assert path.read_bytes() == b"other bytes"
    file.close()
