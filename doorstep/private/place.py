"""Where a private part keeps its data, and the account it runs as.

PostgreSQL refuses to run as root, and a broker has no business to. The account chosen
instead may be unable to reach our folder (a clone under /root): the data then lies under
`/var/lib/doorstep`, and the folder is a link to it.
"""

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
from pathlib import Path

from doorstep.errors import Misuse
from doorstep.home import write_secretly
from doorstep.process import Account

ELSEWHERE = Path("/var/lib/doorstep")


def place(folder: Path, accounts: tuple[str, ...]) -> Path:
    """Return where the folder's data lies, made if need be for one of the accounts."""
    if not folder.exists():
        _make(folder, _first(accounts) if os.geteuid() == 0 else None)
    owner = folder.stat().st_uid
    if os.geteuid() not in (0, owner):
        raise Misuse(
            f"{folder} belongs to the account {owner}; run this as that account, or have "
            "it run `make clean`"
        )
    return folder.resolve()


def account_of(folder: Path) -> Account | None:
    """Return the account that owns the folder; none when it is ours already."""
    owner = folder.stat()
    return Account(owner.st_uid, owner.st_gid) if os.geteuid() == 0 else None


def give(path: Path) -> Path:
    """Give a file or folder to the account that owns the folder it is in."""
    owner = path.parent.stat()
    os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    return path


def secret(file: Path) -> str:
    """Return the secret in the file, drawn when there is none; safe within a URL."""
    if not file.exists():
        write_secretly(file, secrets.token_urlsafe(24))
        give(file)
    return file.read_text()


def remove(folder: Path) -> None:
    """Remove a data folder and what it may link to."""
    if folder.is_symlink():
        shutil.rmtree(folder.resolve(), ignore_errors=True)
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def _make(folder: Path, account: Account | None) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    actual = folder
    if account and not _reaches(folder.parent, account):
        name = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:12]
        actual = ELSEWHERE / f"{name}-{folder.name}"
        actual.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.rmtree(actual, ignore_errors=True)  # its `var/` was removed by hand
        folder.unlink(missing_ok=True)
        folder.symlink_to(actual)
    actual.mkdir(mode=0o700)
    if account:
        os.chown(actual, account.uid, account.gid, follow_symlinks=False)


def _first(accounts: tuple[str, ...]) -> Account:
    """Return the first of the accounts this machine has; `nobody` is always there."""
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in (*accounts, "nobody") if name in known)
    return Account(entry.pw_uid, entry.pw_gid)


def _reaches(folder: Path, account: Account) -> bool:
    """Ask as that account: modes alone would leave out lists and mounts."""
    answer = subprocess.run(
        ["test", "-x", str(folder.absolute())],
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=[],
    )
    return answer.returncode == 0
