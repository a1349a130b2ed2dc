"""Answers of a timestamp authority as whoever passes them on can word them anew.

An answer is a status with free words, which nobody signs, and the token (RFC 3161, 2.4.2).
"""

import subprocess
from pathlib import Path

SEQUENCE, INTEGER, UTF8 = b"\x30", b"\x02", b"\x0c"
#: As openssl words a moment; behind a line feed it looks like what was signed.
OTHER_MOMENT = "ok\nTime stamp: Jan  1 00:00:00 2020 GMT"


def with_words(answer: bytes, words: str, folder: Path) -> bytes:
    """Return an answer with the token of this one, and these words about its status."""
    (folder / "answer").write_bytes(answer)
    subprocess.run(
        ["openssl", "ts", "-reply", "-in", "answer", "-token_out", "-out", "token"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    granted = der(INTEGER, b"\x00")
    status = der(SEQUENCE, granted + der(SEQUENCE, der(UTF8, words.encode())))
    return der(SEQUENCE, status + (folder / "token").read_bytes())


def der(tag: bytes, content: bytes) -> bytes:
    """Write a value with its length (X.690, 8.1.3)."""
    size = len(content)
    if size < 0x80:
        return tag + bytes((size,)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return tag + bytes((0x80 | len(length),)) + length + content
