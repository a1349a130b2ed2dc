"""The command line: `doorstep up|down|status|run|migrate|demo|import|keys|wipe`, and more.

Imports as little as it can before the part is known: `doorstep run services` must leave
everything for eventlet to patch first.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from doorstep.errors import DoorstepError, Misuse, NotStarted
from doorstep.home import Home
from doorstep.parts import PARTS, part

#: What files name by a code or number of their own.
NAMED = ("agency", "person", "device", "letter", "case", "visit")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    words = _parser().parse_args(argv)
    home = Home(Path(words.home).absolute())
    verb: Callable[[Home, argparse.Namespace], int] = words.verb
    try:
        return verb(home, words)
    except NotStarted as error:
        print(error.last_lines(), file=sys.stderr)
        print(f"doorstep: {error}", file=sys.stderr)
    except DoorstepError as error:
        print(f"doorstep: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read us has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="doorstep", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--home",
        default=os.environ.get("DOORSTEP_HOME", "var"),
        help="the folder it lives in (default: $DOORSTEP_HOME, else var)",
    )
    verbs = parser.add_subparsers(required=True, metavar="verb")
    _add_up(verbs)
    _add(verbs, "down", _down, "stop what runs here")
    _add(verbs, "status", _status, "show the parts; 0 only if all of them run")
    named = _add(verbs, "id", _id, "print the id of a thing that files name")
    named.add_argument("kind", choices=NAMED)
    named.add_argument("name", help="its code or number; a person's is AGENCY/STAFF_NO")
    run = _add(verbs, "run", _run, "run one part in the foreground")
    run.add_argument("part", metavar="part", help=", ".join(PARTS))
    _add(verbs, "migrate", _migrate, "bring the database to the present schema")
    _add_forwarding(verbs, "demo", "doorstep.demo:main", "walk a day of visits through it")
    _add_forwarding(verbs, "import", "doorstep.importing:main", "read in a bank's files")
    _add_forwarding(verbs, "held-back", "doorstep.heldback:main", "events that failed")
    _add_forwarding(verbs, "board", "doorstep.board:main", "make what it shows again")
    _add_forwarding(verbs, "landed", "doorstep.landed:main", "facts not handed on yet")
    _add_forwarding(verbs, "keys", "doorstep.keys:main", "rotate the master key")
    _add_forwarding(verbs, "find", "doorstep.finding:main", "find a debtor's cases")
    _add_forwarding(verbs, "shred", "doorstep.shredding:main", "erase a case for good")
    _add_forwarding(verbs, "rulebook", "doorstep.rulebooks:main", "what the books say")
    _add_forwarding(verbs, "decision", "doorstep.decisions:main", "judge one once more")
    _add_forwarding(verbs, "verify", "evidence.__main__:main", "check sealed evidence")
    _add(verbs, "wipe", _wipe, "stop what runs here, then remove its data, logs and keys")
    return parser


def _add_up(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    up = _add(verbs, "up", _up, "start what does not run yet, and wait until it is ready")
    up.add_argument("--clock", metavar="MOMENT", help="pretend it is this RFC 3339 moment")
    twice = "the services in two processes, so that one may be killed"
    up.add_argument("--twice", action="store_true", help=twice)


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    verb: Callable[[Home, argparse.Namespace], int],
    says: str,
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=says, description=says)
    parser.set_defaults(verb=verb)
    return parser


def _add_forwarding(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    target: str,
    says: str,
) -> None:
    """Add a verb that reads its own arguments, `--help` included."""

    def verb(home: Home, words: argparse.Namespace) -> int:
        home.adopt_settings()
        code = _function(target)(words.arguments)
        return code if isinstance(code, int) else 0

    # With no character that begins an option, every word reaches the verb as it is.
    parser = verbs.add_parser(name, help=says, add_help=False, prefix_chars="\0")
    parser.add_argument("arguments", nargs="*")
    parser.set_defaults(verb=verb)


def _up(home: Home, words: argparse.Namespace) -> int:
    from doorstep.embedded import up

    up(home, words.clock, twice=words.twice)
    return 0


def _down(home: Home, words: argparse.Namespace) -> int:
    from doorstep.embedded import down

    down(home)
    return 0


def _status(home: Home, words: argparse.Namespace) -> int:
    from doorstep.status import status

    return 0 if status(home) else 1


def _wipe(home: Home, words: argparse.Namespace) -> int:
    from doorstep.embedded import wipe

    wipe(home)
    return 0


def _run(home: Home, words: argparse.Namespace) -> int:
    chosen = part(words.part)
    home.adopt_settings()
    chosen.run()
    return 0


def _migrate(home: Home, words: argparse.Namespace) -> int:
    home.adopt_settings()
    if "DATABASE_URL" not in os.environ:
        raise Misuse("DATABASE_URL is not set and nothing runs here; set it, or run `up`")
    changed = _function("chassis.migrate:migrate")(_database_url())
    assert isinstance(changed, list)
    print("\n".join(changed) or "every schema is as new as this code")
    return 0


def _database_url() -> str:
    """Return the database's address, its password from a file if one is named."""
    from chassis.settings import with_password

    file = os.environ.get("DOORSTEP_DATABASE_PASSWORD_FILE")
    try:
        return with_password(os.environ["DATABASE_URL"], Path(file) if file else None)
    except ValueError as error:
        raise Misuse(f"DATABASE_URL: {error}") from None


def _id(home: Home, words: argparse.Namespace) -> int:
    from proto import ids  # after a part has had the chance to patch

    print(ids.named(words.kind, words.name))
    return 0


def _function(target: str) -> Callable[..., object]:
    module, _, name = target.partition(":")
    found: Callable[..., object] = getattr(import_module(module), name)
    return found
