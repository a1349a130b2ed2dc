"""The first-run token: there is no default account, and whoever can read the key folder
may make the first one, once."""

from sqlalchemy import Connection

from chassis import clock
from chassis.logs import log
from chassis.settings import Settings
from gateway import keyfile, store
from gateway.tokens import hashed, opaque


class FirstRunFile:
    """The file the token lies in; the database keeps only its hash."""

    def __init__(self, settings: Settings) -> None:
        self.path = settings.keys / "first-run-token"

    def prepare(self, connection: Connection) -> None:
        """Have a token while there is no account, and none afterwards.

        Several gateways that start at once agree on one.
        """
        store.lock_first_run(connection)
        if store.any_account(connection):
            store.end_first_run(connection)
            self.remove()
            return
        if not self.fits(store.first_run_hash(connection)):
            token = opaque()
            store.put_first_run(connection, hashed(token), clock.now())
            keyfile.replace(self.path, f"{token}\n".encode())
        log.warning("no account yet; the first-run token lies in %s", self.path)

    def fits(self, kept: bytes | None) -> bool:
        """Say whether the file still holds the token whose hash is kept."""
        try:
            token = keyfile.read(self.path).decode().strip()
        except (FileNotFoundError, keyfile.LooseFile):
            return False
        return hashed(token) == kept

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
