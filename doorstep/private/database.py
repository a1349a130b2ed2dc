"""A private PostgreSQL cluster: loopback only, a password of its own, fsync on."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from doorstep.errors import Missing, NotStarted
from doorstep.private.place import account_of, secret
from doorstep.private.server import Server
from doorstep.process import wait_until

NAME = "doorstep"  # of the role and of the database
#: For the services in two processes, a worker, a gateway, and whoever looks on.
CONNECTIONS = 400


class Database(Server):
    """The cluster under `postgres/`."""

    name = "database"
    folder = "postgres"
    accounts = ("postgres",)
    preferred_port = 5442
    farewell = signal.SIGINT  # "fast": SIGTERM would wait for every client to leave
    patience_s = 20

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def address(self) -> str:
        return self._url(NAME)

    def wait(self) -> str:
        """Return the URL once it answers and holds our database."""
        super().wait()
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [NAME]
            )
            if known.fetchone() is None:
                connection.execute(
                    sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME))
                )
        return self.address

    def prepare(self) -> None:
        if not self.data.exists():
            self._make_cluster()
        self._clear_up()

    def command(self) -> Sequence[str | Path]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": str(CONNECTIONS),
            "fsync": "on",
        }
        words = [f"--{name}={value}" for name, value in options.items()]
        return [server_programs() / "postgres", "-D", self.data, *words]

    def environment(self) -> Mapping[str, str]:
        return {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"}

    def answers(self) -> bool:
        try:
            psycopg.connect(self._url("postgres"), connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def _url(self, database: str) -> str:
        password = secret(self.place / "password")
        return f"postgresql://{NAME}:{password}@127.0.0.1:{self.port}/{database}"

    def _make_cluster(self) -> None:
        """Run initdb beside the place of the data: a half-made cluster never counts."""
        draft = self.place / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        secret(self.place / "password")
        account = account_of(self.place)
        with self.log.open("wb") as words:
            made = subprocess.run(
                self._initdb(draft),
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                env=dict(self.environment()),
                cwd=self.place,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        if made.returncode != 0:
            raise NotStarted(self.name, "could not make its cluster", self.log)
        draft.rename(self.data)

    def _initdb(self, folder: Path) -> list[str | Path]:
        return [
            server_programs() / "initdb",
            f"--pgdata={folder}",
            f"--username={NAME}",
            f"--pwfile={self.place / 'password'}",
            "--auth-host=scram-sha-256",
            "--auth-local=reject",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]

    def _clear_up(self) -> None:
        """Remove the lock of a server that was killed.

        PostgreSQL itself does so unless the pid has gone to another process since. Our
        own pid file may be lost while the server runs; it is then stopped, not doubled.
        """
        lock = self.data / "postmaster.pid"
        pid = _first_line(lock)
        if pid is None:
            return
        if _serves(pid, self.data):
            os.kill(pid, self.farewell)
            wait_until(lambda: not lock.exists(), self.patience_s)
        else:
            lock.unlink(missing_ok=True)


def server_programs() -> Path:
    """Return the folder of initdb and postgres, the newest; raises `Missing`."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda initdb: float(initdb.parts[-3]),
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise Missing(
            "PostgreSQL's initdb is not here; install the package postgresql, or set "
            "DATABASE_URL to a PostgreSQL of yours"
        )
    return Path(on_path).resolve().parent


def _first_line(lock: Path) -> int | None:
    try:
        return int(lock.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _serves(pid: int, data: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return os.fsencode(data) in words
