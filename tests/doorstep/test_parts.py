"""The one list of processes, and how a part of it starts."""

import subprocess
import sys

import pytest

from chassis import topology
from doorstep.errors import Misuse
from doorstep.parts import PARTS, SERVICES, part

PATCHED = {"select", "socket", "ssl", "subprocess", "threading", "queue", "logging"}


def test_the_list_names_every_service_the_chassis_knows() -> None:
    assert set(SERVICES) == set(topology.SERVICES)


def test_every_service_runs_alone_too() -> None:
    assert all(PARTS[name].services == (name,) for name in SERVICES)


def test_the_gateway_is_ready_once_it_has_a_broker_and_not_before() -> None:
    assert PARTS["gateway"].health == "/readyz"


def test_an_unknown_part_is_answered_with_the_known_ones() -> None:
    with pytest.raises(Misuse, match="no part is called bell; there are relay, "):
        part("bell")


def test_nothing_that_eventlet_must_patch_is_imported_before_the_part() -> None:
    code = (
        "import sys; sys.argv = ['doorstep', 'run', 'bell'];"
        "from doorstep.command import main; main();"
        "print(*sys.modules)"
    )
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        check=True,
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    added = set(done.stdout.decode().split()) - set(bare.stdout.decode().split())
    assert added & PATCHED == set()
