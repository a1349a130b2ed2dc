"""The containers: what they are is what `doorstep/parts.py` says, and they are shut.

No engine is needed here. `tests/journeys/test_containers.py` starts every command.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from chassis import database, topology, worker
from chassis.settings import A_BANK, ELSEWHERE
from doorstep import parts
from doorstep.private.database import CONNECTIONS
from gateway.main import DRAIN_S

ROOT = Path(__file__).parent.parent
Compose = dict[str, Any]
COMPOSE: Compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SCHEMA = json.loads((ROOT / "tests/vendor/schemas/compose-spec.json").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
#: Connections it keeps.
OF_A_GATEWAY = 10
SERVERS = {"broker", "database"}
ENDS = {"migrate"}
ONE_FOR_ALL = {"services", "services-2"}  # embedded; containers run each service apart
#: What every part is told by whoever starts it; without, none starts.
THE_BANK = {f"DOORSTEP_{name.upper()}" for name in A_BANK}
#: And what may be left out: how the bank says it in other languages.
ELSEWHERE_TOO = {
    f"DOORSTEP_{name}_{language}".upper()
    for name, texts in ELSEWHERE.items()
    for language in texts
}
#: Hold sealed fields, and so need the master key.
KEEPERS = {"gateway", "worker", *parts.SERVICES}


def faults(compose: Compose) -> list[str]:
    """Everything that is wrong with these containers, in words."""
    validator = Draft202012Validator(SCHEMA)
    found = [error.message[:200] for error in validator.iter_errors(compose)]
    if found:
        return found
    checks = (
        of_the_list,
        of_each,
        of_networks,
        of_secrets,
        of_the_shell,
        of_volumes,
        of_limits,
    )
    return [fault for check in checks for fault in check(compose)]


def of_the_list(compose: Compose) -> Iterator[str]:
    """Every part has its container and every container its part."""
    wanted = {*parts.PARTS, *ENDS, *SERVERS, "projector"} - ONE_FOR_ALL
    yield from (
        f"{name} stands in one list only" for name in wanted ^ {*compose["services"]}
    )
    for name, its in compose["services"].items():
        if name in SERVERS | ENDS:
            continue
        if its.get("command") != ["run", name]:
            yield f"{name} does not run {name}"
        port = its.get("environment", {}).get("DOORSTEP_STATUS_PORT")
        known = parts.PARTS.get(name)
        path = f":8440{known.health}" if known and known.health else f":{port}/readyz"
        if path not in " ".join(its.get("healthcheck", {}).get("test", [])):
            yield f"{name} is not asked at {path} whether it is ready"


def of_each(compose: Compose) -> Iterator[str]:
    """Nobody is root, writes beside its volumes, gains rights or fills a disk with logs."""
    for name, its in compose["services"].items():
        wanted = {
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges:true"],
        }
        yield from (f"{name}: {key}" for key in wanted if its.get(key) != wanted[key])
        if "privileged" in its or "cap_add" in its:
            yield f"{name} has more rights than it needs"
        if name in SERVERS and its.get("user") != "999:999":
            yield f"{name} begins as root"
        if "max-size" not in its.get("logging", {}).get("options", {}):
            yield f"{name} may write logs without end"
        if name not in ENDS and not its.get("healthcheck", {}).get("test"):
            yield f"{name} is never asked how it is"
        if its.get("restart") != ("on-failure" if name in ENDS else "unless-stopped"):
            yield f"{name} does not come back"


def of_networks(compose: Compose) -> Iterator[str]:
    """Only the gateway has a way out, and that is on loopback."""
    networks, services = compose["networks"], compose["services"]
    outside = {name for name, its in networks.items() if not (its or {}).get("internal")}
    for name, its in services.items():
        if "network_mode" in its or not its.get("networks"):
            yield f"{name} is on a network that is not named here"
        if outside & {*its.get("networks", [])} and name != "gateway":
            yield f"{name} has a way out"
        for port in its.get("ports", []):
            if name != "gateway" or not str(port).startswith("127.0.0.1:"):
                yield f"{name} can be reached at {port}"


def of_secrets(compose: Compose) -> Iterator[str]:
    """A password is a file, and whoever is told of one has it."""
    for name, secret in compose["secrets"].items():
        if set(secret) != {"file"}:
            yield f"the secret {name} is no file"
    for name, its in compose["services"].items():
        has = {s if isinstance(s, str) else s["source"] for s in its.get("secrets", [])}
        yield from (f"{name}: no secret {each}" for each in has - {*compose["secrets"]})
        if name == "broker" and "broker_login" not in has:
            yield "the broker would let guest in"
        for key, value in its.get("environment", {}).items():
            if fault := of_a_variable(name, key, value, has):
                yield fault


def of_the_shell(compose: Compose) -> Iterator[str]:
    """Whose bank it is comes from whoever starts this, to every part; and nothing else."""
    told = {
        name: of_the_bank(its.get("environment", {}).items())
        for name, its in compose["services"].items()
    }
    text = json.dumps({key: compose[key] for key in compose if key[:2] != "x-"})
    if text.count("${") > sum(map(len, told.values())):
        yield "a value comes from the shell of whoever starts this"
    for name in told.keys() - SERVERS:
        if told[name] != THE_BANK | ELSEWHERE_TOO:
            yield f"{name} is not told whose bank this is"


def of_the_bank(values: Iterable[tuple[str, str]]) -> set[str]:
    """Which of these say whose bank it is, and come from whoever starts this."""
    given = list(values)
    must = {key for key, value in given if value.startswith(f"${{{key}:?")}
    may = {key for key, value in given if value == f"${{{key}:-}}"}
    return must & THE_BANK | may & ELSEWHERE_TOO


def of_a_variable(name: str, key: str, value: str, has: set[str]) -> str | None:
    """What is wrong with a variable, given the secrets that its container has."""
    # The image ends itself when it is given these (RabbitMQ 3.9 and later).
    if name == "broker" and "DEFAULT" in key:
        return "the broker's image takes no login from the environment"
    if key.endswith("_FILE"):
        there = Path(value).parent == Path("/run/secrets") and Path(value).name in has
        return None if there else f"{name} is told of {value} and does not have it"
    open_ = re.search("PASS|SECRET|TOKEN", key) or re.search("://[^@/]*:[^@]*@", value)
    return f"{name} has a password in {key}" if open_ else None


def of_volumes(compose: Compose) -> Iterator[str]:
    """Keys are with those who open sealed fields, media with those who keep files."""
    mounted: dict[str, set[str]] = {}
    for name, its in compose["services"].items():
        for volume in its.get("volumes", []):
            source, target = volume.split(":")
            mounted.setdefault(source, set()).add(name)
            if source in ("keys", "media") and target != f"/{source}":
                yield f"{name} has {source} at {target}"
    yield from (f"no volume {name}" for name in {*mounted} ^ {*compose["volumes"]})
    wanted = {"keys": KEEPERS, "media": {"gateway", "worker"}}
    for volume, names in wanted.items():
        yield from (f"{name}: {volume}" for name in names ^ mounted.get(volume, set()))


def of_limits(compose: Compose) -> Iterator[str]:
    """Nobody takes the whole machine, and everybody has time to finish."""
    for name, its in compose["services"].items():
        limits = its.get("deploy", {}).get("resources", {}).get("limits", {})
        if not {"cpus", "memory"} <= {*limits} or not its.get("pids_limit"):
            yield f"{name} may take the whole machine"
        if int(its.get("stop_grace_period", "10s").removesuffix("s")) < 2 * DRAIN_S:
            yield f"{name} is killed while it finishes what it has in hand"


def test_the_services_are_named_the_same_everywhere() -> None:
    assert parts.SERVICES == topology.SERVICES


def test_nothing_is_wrong_with_the_containers() -> None:
    assert faults(COMPOSE) == []


def test_both_databases_have_a_place_for_all_who_may_come() -> None:
    """Two processes of each service, a worker, a gateway, and a tenth for all else."""
    services = len(topology.SERVICES)
    wanted = services * (2 * database.POOL + worker.POOL) + OF_A_GATEWAY
    command = COMPOSE["services"]["database"]["command"]

    assert f"max_connections={CONNECTIONS}" in command
    assert wanted * 1.1 < CONNECTIONS


def without(service: str, *keys: str) -> Callable[[Compose], None]:
    def change(compose: Compose) -> None:
        for key in keys:
            del compose["services"][service][key]

    return change


def with_(service: str, **more: object) -> Callable[[Compose], None]:
    def change(compose: Compose) -> None:
        compose["services"][service] = compose["services"].get(service, {}) | more

    return change


def environment(service: str, key: str, value: str) -> Callable[[Compose], None]:
    def change(compose: Compose) -> None:
        its = compose["services"][service]
        its["environment"] = its.get("environment", {}) | {key: value}

    return change


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda compose: compose["services"].pop("letters"), "letters stands in one list"),
        (with_("extra", image="x"), "extra"),
        (with_("relay", command=["run", "worker"]), "relay does not run relay"),
        (with_("relay", healthcheck={"test": ["CMD", "true"]}), "relay is not asked at"),
        (with_("gateway", colour="red"), "colour"),
        (with_("gateway", read_only=False), "gateway: read_only"),
        (with_("gateway", cap_drop=["NET_RAW"]), "gateway: cap_drop"),
        (with_("worker", privileged=True), "worker has more rights"),
        (without("database", "user"), "database begins as root"),
        (without("worker", "logging"), "worker may write logs without end"),
        (with_("database", healthcheck={"disable": True}), "database is never asked"),
        (with_("worker", restart="no"), "worker does not come back"),
        (with_("database", ports=["5432:5432"]), "database can be reached at 5432:5432"),
        (with_("gateway", ports=["8440:8440"]), "gateway can be reached at 8440:8440"),
        (with_("broker", networks=["door"]), "broker has a way out"),
        (lambda compose: compose["networks"]["inside"].clear(), "database has a way out"),
        (with_("relay", secrets=["broker_password"]), "relay is told of /run/secrets/data"),
        (environment("relay", "X", "${DOORSTEP_X:-x}"), "from the shell"),
        (
            environment("relay", "DOORSTEP_BANK_NAME", "${DOORSTEP_BANK_NAME:-x}"),
            "not told",
        ),
        (environment("relay", "DOORSTEP_BANK_HOTLINE", ""), "relay is not told whose bank"),
        (environment("relay", "DOORSTEP_BANK_NAME_EN", ""), "relay is not told whose bank"),
        (environment("relay", "AMQP_URI", "amqp://us:it@broker"), "password in AMQP_URI"),
        (environment("database", "POSTGRES_PASSWORD", "x"), "password in POSTGRES_PASS"),
        (environment("broker", "RABBITMQ_DEFAULT_PASS_FILE", "/run/secrets/x"), "takes no"),
        (with_("broker", secrets=[]), "the broker would let guest in"),
        (with_("worker", volumes=["keys:/keys"]), "worker: media"),
        (with_("relay", volumes=["keys:/keys"]), "relay: keys"),
        (with_("worker", volumes=["keys:/keys", "media:/m"]), "worker has media at /m"),
        (without("dispatch", "deploy"), "dispatch may take the whole machine"),
        (without("dispatch", "pids_limit"), "dispatch may take the whole machine"),
        (with_("dispatch", stop_grace_period="10s"), "dispatch is killed while"),
    ],
)
def test_what_is_planted_is_found(
    change: Callable[[Compose], object], complaint: str
) -> None:
    planted = deepcopy(COMPOSE)
    change(planted)

    assert [fault for fault in faults(planted) if complaint in fault] != []


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their words, in order."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.M))
    lines = [line.partition(" ") for line in joined.splitlines() if line]
    return [(word, rest) for word, _, rest in lines]


def test_the_image_holds_what_exists_and_nothing_that_is_not_pinned() -> None:
    copied = [rest.split()[:-1] for word, rest in instructions() if word == "COPY"]
    installs = re.findall(r"pip install [^&\n]*", DOCKERFILE)

    assert [each for names in copied for each in names if not (ROOT / each).exists()] == []
    assert len(installs) == 2
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert "--no-deps --no-build-isolation" in installs[1]
    base = [rest for word, rest in instructions() if word == "FROM"]
    assert base == ["python:3.11-slim-bookworm"]


def test_the_image_has_what_bootstrap_installs_for_the_parts() -> None:
    """The servers are containers of their own; wrk and a browser are not for parts."""
    bootstrap = (ROOT / "doorstep/bootstrap.sh").read_text()
    [font] = re.findall(r"^font=([\w-]+)", bootstrap, re.MULTILINE)
    [packages] = re.findall(r"--no-install-recommends ([^&\\]+)", DOCKERFILE)

    assert packages.split() == [font, "openssl"]
    assert "openssl" in bootstrap


def test_the_image_is_nobodys_root_and_its_folders_are_its_own() -> None:
    words = instructions()
    user = [rest for word, rest in words if word == "USER"]
    after = [word for word, _ in words[[word for word, _ in words].index("USER") :]]
    [env] = [rest for word, rest in words if word == "ENV"]
    told = dict(pair.split("=") for pair in env.split())

    assert user == ["10001:10001"]
    assert "RUN" not in after
    assert "COPY" not in after
    folders = {told["DOORSTEP_KEYS"], told["DOORSTEP_MEDIA"]}
    assert folders == {"/keys", "/media"}
    assert "install -d -o doorstep -g doorstep -m 0700 /keys /media" in DOCKERFILE


def test_no_secret_and_nothing_of_this_desk_gets_into_the_image_or_the_repository() -> None:
    kept_out = (ROOT / ".dockerignore").read_text().split()
    ignored = (ROOT / ".gitignore").read_text().split()

    assert {".git", ".venv", "secrets", "var"} - {*kept_out} == set()
    assert "secrets/" in ignored
