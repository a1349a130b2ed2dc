"""Tries the tokens of a timestamp authority (RFC 3161) over heads, with its own CA."""

import re
from collections.abc import Sequence
from pathlib import Path

from evidence import openssl
from evidence.errors import DoesNotFit
from evidence.heads import Head, SealedHead
from evidence.reading import Archive

NAME = "data/timestamps/{}.tsr"
MOMENT = re.compile(rb"^Time stamp: ([\w :.]+)$", re.MULTILINE)


def stamped_parts(archive: Archive, parts: int) -> list[int]:
    """Return the parts of which there is a token. Raises DoesNotFit for one of no part."""
    found = [part for part in range(1, parts + 1) if NAME.format(part) in archive.members]
    all_of_them = [n for n in archive.members if n.startswith("data/timestamps/")]
    for name in all_of_them:
        if name not in {NAME.format(part) for part in found}:
            raise DoesNotFit("unnamed_file", name)
    return found


def check_stamps(
    archive: Archive,
    sealed: Sequence[tuple[SealedHead, Head]],
    parts: Sequence[int],
    authority: Path,
) -> dict[int, str]:
    """Return when the authority says that it saw each part's head. Raises DoesNotFit."""
    moments = {}
    for part in parts:
        name = NAME.format(part)
        text = sealed[part - 1][0].text.encode()
        with openssl.files(token=archive.read(name), head=text) as paths:
            there = ("-in", paths["token"], "-CAfile", authority)
            if openssl.run("ts", "-verify", "-data", paths["head"], *there).returncode:
                raise DoesNotFit("bad_stamp", name)
            told = openssl.run("ts", "-reply", "-in", paths["token"], "-text").stdout
        moment = MOMENT.search(told)
        moments[part] = moment[1].decode() if moment else "?"
    return moments
