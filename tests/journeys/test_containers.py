"""What the containers run, run without containers: every command of docker-compose.yml.

With the environment, secrets, broker's configuration and health checks that the file gives
them; their hosts and folders are of this machine, and their ports on loopback alone.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from chassis.settings import A_BANK
from doorstep import parts
from doorstep.home import write_secretly
from doorstep.ports import next_free
from doorstep.private import Broker, Database
from doorstep.private.broker import server_script
from doorstep.private.database import server_programs
from doorstep.private.place import give, remove
from doorstep.process import wait_until
from tests.conftest import ROOT

CONTAINERS: dict[str, dict[str, Any]] = yaml.safe_load(
    (ROOT / "docker-compose.yml").read_text()
)["services"]
#: Whose bank it is, as whoever starts it says.
THE_BANK = {f"DOORSTEP_{name.upper()}": value for name, value in A_BANK.items()}
#: What the image is entered by, and what stays once it runs.
ENTRYPOINT = Path(sys.executable).parent / "doorstep"
STAY = tuple(name for name in CONTAINERS if name in parts.PARTS)
READY_WITHIN_S = 180  # twelve processes begin at once
UNITS = {"M": 2**20, "G": 2**30}


#: Ports of this run alone: another copy's server would answer in place of ours.
PORTS = 20_000 + os.getpid() % 6_000


class AsConfigured(Broker):
    """A private broker that reads what the container's broker reads."""

    preferred_port = PORTS
    secrets: Path

    @property
    def address(self) -> str:
        password = (self.secrets / "broker_password").read_text().strip()
        return f"amqp://doorstep:{password}@127.0.0.1:{self.port}/%2F"

    def _write_configuration(self) -> None:
        here = self.place
        own = (ROOT / "deploy/rabbitmq.conf").read_text()
        listener = f"listeners.tcp.private = 127.0.0.1:{self.port}"
        assert "listeners.tcp.default = 5672\n" in own
        files = {
            "rabbitmq.conf": "",
            "enabled_plugins": "[].\n",
            "conf.d/80-doorstep.conf": own.replace(
                "listeners.tcp.default = 5672", listener
            ),
            "conf.d/90-login.conf": (self.secrets / "broker_login").read_text(),
        }
        (here / "conf.d").mkdir(exist_ok=True)
        give(here / "conf.d")
        for name, content in files.items():
            write_secretly(here / name, content)
            give(here / name)


class Cluster(Database):
    preferred_port = PORTS + 1


class Engine:
    """Starts containers' commands as their file says, on this machine."""

    def __init__(self, root: Path, broker: Broker, database: Database) -> None:
        self.root, self.broker, self.database = root, broker, database
        self.given: set[int] = set()
        self.ports = {name: self.port() for name in STAY}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        (root / "empty").mkdir()

    def port(self) -> int:
        self.given.add(found := next_free(PORTS + 2, self.given))
        return found

    def here(self, name: str, text: str) -> str:
        """Say with this machine's hosts and folders what the file says of containers'."""
        servers = {"broker:5672": self.broker.port, "database:5432": self.database.port}
        for host, port in servers.items():
            text = text.replace(f"@{host}", f"@127.0.0.1:{port}")
        text = text.replace("/run/secrets/", f"{self.root}/secrets/")
        return text.replace("0.0.0.0", "127.0.0.1")

    def environment(self, name: str) -> dict[str, str]:
        its = CONTAINERS[name]
        its_own = its["environment"] | THE_BANK
        told = {key: self.here(name, each) for key, each in its_own.items()}
        folders = [volume.partition(":")[0] for volume in its.get("volumes", [])]
        port = str(self.ports.get(name, 1))
        return told | {
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT),
            "DOORSTEP_READY_FILE": str(self.root / f"{name}.ready"),
            "DOORSTEP_HTTP_PORT": port,
            "DOORSTEP_STATUS_PORT": port,
            # A folder of the image, unless a volume is laid over it.
            **{
                f"DOORSTEP_{folder.upper()}": str(self.root / folder)
                if folder in folders
                else "/nonexistent"
                for folder in ("keys", "media")
            },
        }

    def spawn(self, name: str) -> subprocess.Popen[bytes]:
        with (self.root / f"{name}.log").open("ab") as words:
            return subprocess.Popen(
                [ENTRYPOINT, *CONTAINERS[name]["command"]],
                env=self.environment(name),
                cwd=self.root / "empty",
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
            )

    def start(self, names: Sequence[str]) -> None:
        self.running |= {name: self.spawn(name) for name in names}

    def healthy(self, name: str) -> bool:
        """Run the container's own check, at the port that its part has here.

        Only once the part's file says that it might do: a check is a process each time.
        """
        assert self.running[name].poll() is None, self.log(name)[-2000:]
        if not (self.root / f"{name}.ready").exists():
            return False
        kind, program, *words = CONTAINERS[name]["healthcheck"]["test"]
        assert (kind, program) == ("CMD", "python")
        for port in ("8440", "9100"):
            words = [word.replace(f":{port}/", f":{self.ports[name]}/") for word in words]
        check = subprocess.run([sys.executable, *words], capture_output=True)
        return check.returncode == 0

    def log(self, name: str) -> str:
        return (self.root / f"{name}.log").read_text()

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Database and broker as configured, the secrets as `deploy/secrets.sh` makes them."""
    root = ROOT / "var" / f"test-containers-{os.getpid()}"
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        shutil.copytree(ROOT / "deploy", root / "deploy")
        subprocess.run(["sh", root / "deploy/secrets.sh"], check=True, capture_output=True)
        broker, database = AsConfigured(root), Cluster(root)
        broker.secrets = root / "secrets"
        for server in (broker, database):
            stack.callback(remove, root / server.folder)
            stack.callback(server.stop)
        write_secretly(database.place / "password", password(root, "database"))
        give(database.place / "password")
        broker.launch()
        database.start()
        broker.wait()
        found = Engine(root, broker, database)
        stack.callback(found.end)
        yield found


def password(root: Path, name: str) -> str:
    return (root / "secrets" / f"{name}_password").read_text().strip()


def test_the_secrets_are_made_once_for_our_eyes_only_and_each_another(
    engine: Engine,
) -> None:
    folder = engine.root / "secrets"
    before = {file.name: file.read_text() for file in folder.iterdir()}
    subprocess.run(["sh", engine.root / "deploy/secrets.sh"], check=True)

    assert {file.name: file.read_text() for file in folder.iterdir()} == before
    assert folder.stat().st_mode & 0o777 == 0o700
    # Whoever gets past the folder is a container, and its account is not ours.
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o444}
    assert len(password(engine.root, "database")) == 64
    assert password(engine.root, "database") != password(engine.root, "broker")
    assert password(engine.root, "broker") in before["broker_login"]


def test_the_servers_own_checks_pass(engine: Engine) -> None:
    kind, program, *words = CONTAINERS["database"]["healthcheck"]["test"]
    command = [server_programs() / program, *words, "--port", str(engine.database.port)]
    asked = subprocess.run(command, capture_output=True, text=True)
    assert (kind, asked.returncode) == ("CMD", 0), asked.stderr

    kind, program, *words = CONTAINERS["broker"]["healthcheck"]["test"]
    command = [server_script().parent / program, *words]
    environment = dict(engine.broker.environment())
    asked = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (kind, asked.returncode) == ("CMD", 0), asked.stderr + asked.stdout


def test_every_command_starts_is_healthy_says_no_secret_and_ends_when_told(
    engine: Engine,
) -> None:
    for says in ("field_visit: ", "as new as this code"):  # and a second time nothing
        assert engine.spawn("migrate").wait(timeout=READY_WITHIN_S) == 0
        assert says in engine.log("migrate")
    engine.start(STAY)
    for name in STAY:
        well = wait_until(partial(engine.healthy, name), READY_WITHIN_S)
        assert well, f"{name} is not ready: {engine.log(name)[-2000:]}"

    peaks = {name: peak(process.pid) for name, process in engine.running.items()}
    for process in engine.running.values():
        process.send_signal(signal.SIGTERM)
    codes = {
        name: process.wait(timeout=seconds(CONTAINERS[name]["stop_grace_period"]))
        for name, process in engine.running.items()
    }

    assert codes == dict.fromkeys(STAY, 0)
    assert [name for name in STAY if peaks[name] > limit(name) / 1.5] == []
    words = "".join(engine.log(name) for name in (*STAY, "migrate"))
    secrets = [password(engine.root, each) for each in ("database", "broker")]
    assert [each for each in secrets if each in words] == []
    assert list((engine.root / "empty").iterdir()) == []


def test_a_command_without_its_secret_says_so_and_ends(engine: Engine) -> None:
    (engine.root / "secrets/broker_password").rename(engine.root / "away")
    relay = engine.spawn("relay")
    code = relay.wait(timeout=READY_WITHIN_S)
    (engine.root / "away").rename(engine.root / "secrets/broker_password")

    last = engine.log("relay").splitlines()[-1]
    assert (code, last.partition(": cannot read ")[0]) == (
        1,
        "doorstep: relay does not start: AMQP_URI",
    )


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def limit(name: str) -> int:
    """Bytes that the container may have."""
    text = CONTAINERS[name]["deploy"]["resources"]["limits"]["memory"]
    return int(text[:-1]) * UNITS[text[-1]]


def peak(pid: int) -> int:
    """The most memory that a process has held until now, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024
