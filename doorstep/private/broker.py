"""A private RabbitMQ node: its own name, cookie, epmd and user, all on loopback."""

import hashlib
import os
import secrets
import shutil
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from doorstep import ports
from doorstep.errors import Missing
from doorstep.home import write_secretly
from doorstep.private.place import account_of, give, secret
from doorstep.private.server import Server
from doorstep.process import find, spawn, wait_until

USER = "doorstep"
AMQP_HEADER = b"AMQP\x00\x00\x09\x01"
METHOD_FRAME = b"\x01\x00\x00"  # what a ready node answers with: Connection.Start
# Loopback only. The waits are Erlang's own defaults, which RabbitMQ turns off: with them
# the node starts in 3.5 s instead of 7.4 s (2 cores), and idles at under 1 % as before.
ERLANG_FLAGS = (
    "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"
)
BINARIES = "/usr/local/bin:/usr/bin:/bin"
CONFIGURATION = """\
listeners.tcp.private = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.relative = 0.6
log.file = false
log.console = true
log.console.level = info
"""


class Broker(Server):
    """The node under `rabbitmq/`, with an Erlang port mapper (epmd) of its own."""

    name = "broker"
    folder = "rabbitmq"
    accounts = ("rabbitmq",)
    preferred_port = 5682
    farewell = signal.SIGTERM
    patience_s = 30

    @property
    def address(self) -> str:
        # %2F and not an empty path: every client then means the virtual host "/".
        password = secret(self.place / "password")
        return f"amqp://{USER}:{password}@127.0.0.1:{self.port}/%2F"

    def stop(self) -> bool:
        """Stop the node, then its port mapper."""
        ran = super().stop()
        mapper = find(self.home.pid_file("epmd"))
        if mapper is not None:
            mapper.stop(signal.SIGTERM, 5)
        self.home.pid_file("epmd").unlink(missing_ok=True)
        return ran

    def ports(self) -> tuple[int, ...]:
        return (self.port, ports.last(self._distribution) or self.port)

    def prepare(self) -> None:
        server_script()
        self._write_cookie()
        self._start_mapper()

    def command(self) -> Sequence[str | Path]:
        ports.remembered(self._distribution, 25682)
        self._write_configuration()
        return [server_script()]

    def environment(self) -> Mapping[str, str]:
        here = self.place
        name = hashlib.sha256(os.fsencode(here)).hexdigest()[:12]
        return self._erlang_environment() | {
            # The script then becomes the node: one process, the one whose pid we know.
            "RUNNING_UNDER_SYSTEMD": "true",
            "RABBITMQ_NODENAME": f"doorstep-{name}@localhost",
            "RABBITMQ_DIST_PORT": str(ports.last(self._distribution)),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG_FLAGS,
            "RABBITMQ_CONFIG_FILE": str(here / "rabbitmq.conf"),
            # None of these exist: whatever the system's node is told is not for us.
            "RABBITMQ_CONF_ENV_FILE": str(here / "rabbitmq-env.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(here / "advanced.config"),
            "RABBITMQ_CONFIG_FILES": str(here / "conf.d"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(here / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(here / "data"),
            "RABBITMQ_LOG_BASE": str(here / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(here / "rabbitmq.pid"),
        }

    def answers(self) -> bool:
        """Greet it as a client does: a ping is answered before the listener is open."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 3) as greeting:
                greeting.sendall(AMQP_HEADER)
                return greeting.recv(3) == METHOD_FRAME
        except OSError:
            return False

    def _erlang_environment(self) -> dict[str, str]:
        return {
            "PATH": BINARIES,
            "HOME": str(self.place),  # of the cookie
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._mapper_port()),
            "ERL_CRASH_DUMP_SECONDS": "0",
        }

    def _mapper_port(self) -> int:
        return ports.last(self.home.port_file("epmd")) or 4370

    @property
    def _distribution(self) -> Path:
        return self.home.port_file("distribution")

    def _start_mapper(self) -> None:
        if find(self.home.pid_file("epmd")) is not None:
            return
        port = ports.remembered(self.home.port_file("epmd"), 4370)
        spawn(
            ["epmd", "-port", str(port), "-address", "127.0.0.1"],
            pid_file=self.home.pid_file("epmd"),
            log=self.home.log_file("epmd"),
            environment=self._erlang_environment(),
            account=account_of(self.place),
            folder=self.place,
        )
        wait_until(lambda: not ports.is_free(port), 5)

    def _write_configuration(self) -> None:
        here = self.place
        text = CONFIGURATION.format(
            port=self.port, user=USER, password=secret(here / "password")
        )
        for name, content in (("rabbitmq.conf", text), ("enabled_plugins", "[].\n")):
            write_secretly(here / name, content)
            give(here / name)

    def _write_cookie(self) -> None:
        cookie = self.place / ".erlang.cookie"
        if not cookie.exists():
            write_secretly(cookie, secrets.token_hex(20))
            give(cookie).chmod(0o400)


def server_script() -> Path:
    """Return the node's own start script, not the packaged wrapper; raises `Missing`.

    Debian's wrapper in the PATH insists on the account `rabbitmq` and its folders.
    """
    folders = Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin")
    for folder in (*sorted(folders), Path("/opt/rabbitmq/sbin")):
        if (folder / "rabbitmq-server").is_file():
            return folder / "rabbitmq-server"
    on_path = shutil.which("rabbitmq-server")
    if on_path is None:
        raise Missing(
            "RabbitMQ is not here; install the package rabbitmq-server, or set AMQP_URI "
            "to a RabbitMQ of yours"
        )
    return Path(on_path)
