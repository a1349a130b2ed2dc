"""Every service has the same inside, and the registry says what the classes say."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

import proto
from chassis import topology
from chassis.topology import SERVICES

ROOT = Path(__file__).parent.parent
SHAPE = {"__init__", "model", "store", "handlers", "service"}
#: What only one service has: oversight reads the stream in a process of its own.
ASIDE = {"oversight": {"projector"}}
CHARTER = ("Owns", "Keeps", "Hears", "Answers", "Says")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_its_five_files_and_its_charter(service: str) -> None:
    folder = ROOT / "services" / service
    inside = {path.stem for path in folder.iterdir() if path.name != "__pycache__"}

    assert inside - {"migrations", "jobs"} - ASIDE.get(service, set()) == SHAPE
    assert import_module(f"proto.{service}")
    charter = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    assert all(f"\n{word} " in charter for word in CHARTER)


def test_nobody_runs_beside_the_listed_services() -> None:
    folders = {path.parent.name for path in (ROOT / "services").glob("*/service.py")}

    assert folders == set(SERVICES)


def charter_line(service: str, word: str) -> str:
    """The words after `Says`, up to the next word of the charter."""
    folder = ROOT / "services" / service
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    after = text.partition(f"\n{word} ")[2]
    for other in CHARTER:
        after = after.partition(f"\n{other} ")[0]
    return after


@pytest.mark.parametrize("service", SERVICES)
def test_the_charter_names_every_answer(service: str) -> None:
    source = (ROOT / "services" / service / "service.py").read_text()
    doors = [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and any("answers" in ast.unparse(each) for each in node.decorator_list)
    ]

    assert [door for door in doors if door not in charter_line(service, "Answers")] == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_charter_names_every_event_it_says(service: str) -> None:
    folder = ROOT / "services" / service
    sources = [*folder.glob("handlers.py"), *folder.glob("handlers/*.py")]
    text = "\n".join(source.read_text() for source in sources)
    module = import_module(f"proto.{service}")
    events = [
        thing
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, proto.base.Event)
        and thing.__module__.startswith(module.__name__)
        and f"{thing.__name__}(" in text
    ]
    said = charter_line(service, "Says")

    assert [e.__name__ for e in events if proto.base.snake(e.__name__) not in said] == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_registry_says_what_the_service_class_hears(service: str) -> None:
    tree = ast.parse((ROOT / "services" / service / "service.py").read_text())
    heard = {
        ast.unparse(decorator.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "hears"
    }
    keeps = {
        ast.unparse(each)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "keeps"
        for each in getattr(node.value, "elts", [])
    }
    registered = {event.__name__ for event in topology.HEARS.get(service, ())}

    assert heard | keeps == registered


def test_proto_is_ours() -> None:
    assert Path(proto.__file__).parent == ROOT / "proto"


def test_nobody_uses_what_waits_for_ever() -> None:
    """nameko's proxies have no deadline; eventlet's timeouts leak connections."""
    forbidden = ("RpcProxy", "ClusterRpcProxy", "eventlet.Timeout", "with_timeout")
    sources = [
        path
        for folder in ("proto", "rulebook", "chassis", "services", "gateway", "doorstep")
        for path in (ROOT / folder).rglob("*.py")
    ]
    found = [p.name for p in sources if any(word in p.read_text() for word in forbidden)]

    assert found == []
