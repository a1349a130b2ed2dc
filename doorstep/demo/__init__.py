"""`doorstep demo`: a day of visits, from an empty platform to the last pair's leaving.

Everything goes through HTTP, as people's programs do. 0: every step was answered as the
rules say; 1: one was not, or the story could not be played.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from doorstep.catalogue import LANGUAGES, say
from doorstep.client import Answer, Gateway
from doorstep.demo.cast import CannotPlay, Cast, scenes
from doorstep.demo.exhibits import Exhibits
from doorstep.demo.record import Played, Seen, write
from doorstep.demo.stage import Stage, stage, token_file
from doorstep.demo.story import ACTS, Act, Step, Who, chosen
from doorstep.demo.telling import Telling
from doorstep.demo.walking import Walking
from doorstep.home import Home
from doorstep.importing import Senders, import_files, today
from doorstep.importing.reading import Read, read_all
from doorstep.importing.telling import Telling as ImportTelling

__all__ = ["main", "tell"]


class Walker(Protocol):
    """Whoever walks the story, step by step."""

    def begin(self, act: Act) -> Mapping[str, str]: ...

    def phone(self, act: Act, step: Step) -> str: ...

    def walk(self, act: Act, step: Step) -> tuple[Answer, Seen]: ...


def main(argv: Sequence[str]) -> int:
    """Run the command; return its exit code. Raises `DoorstepError`."""
    words = _parser().parse_args(list(argv))
    languages = [words.lang] if words.lang else list(LANGUAGES)
    telling = Telling(languages, sys.stdout, _colour())
    home = Home(Path(words.home).absolute())
    with stage(home, words.keep) as platform:
        read = read_all([Path(words.files)], today())
        if read.complaints:
            ImportTelling(languages[0], sys.stdout).complain(read.complaints)
            return 1
        exhibits = Exhibits(Path(words.evidence))
        played, differ = _play(platform, read, chosen(words.act), telling, exhibits)
    write(Path(words.record), played)
    telling.plain("")
    telling.say("record", file=words.record)
    steps = sum(len(act.steps) for act in played)
    telling.say("differs" if differ else "as-expected", steps=steps, differ=differ)
    return 1 if differ else 0


def _play(
    platform: Stage,
    read: Read,
    acts: Sequence[Act],
    telling: Telling,
    exhibits: Exhibits,
) -> tuple[list[Played], int]:
    """Set the scene, then tell the story."""
    gateway = Gateway(platform.url, telling.languages[0])
    where = scenes(read, frozenset().union(*(act.doors for act in acts)))
    cast = Cast(gateway, read, platform.home.root)
    telling.say("accounts")
    for name, role in cast.open_accounts(token_file(platform.home).read_text().strip()):
        telling.plain(f"   {name}  {role}")
    walking = Walking(platform, cast, where, exhibits)
    _bring_in(walking, read, telling)
    walking.follow()
    try:
        return tell(acts, walking, telling)
    finally:
        walking.stop()


def _bring_in(walking: Walking, read: Read, telling: Telling) -> None:
    """Take in the files, and make the phones known before anybody plans by them."""
    first = next(iter(walking.scenes.values()))
    officer = walking.of(Who.OFFICER, first)
    senders = Senders(officer, {"visits": walking.of(Who.SUPERVISOR, first)})
    telling.say("import")
    _imported(_only(read, lambda kind: kind != "visits"), senders, telling)
    telling.say("phones")
    walking.enrol()
    _imported(_only(read, lambda kind: kind == "visits"), senders, telling)
    walking.await_known()
    walking.begin_shifts()


def tell(acts: Iterable[Act], walker: Walker, telling: Telling) -> tuple[list[Played], int]:
    """Walk every step; return what was seen, and how many steps were otherwise."""
    played: list[Played] = []
    number, differ = 0, 0
    for act in acts:
        telling.act(ACTS.index(act) + 1, act, walker.begin(act))
        steps: list[Seen] = []
        for step in act.steps:
            number += 1
            telling.step(number, step, walker.phone(act, step))
            answer, what = walker.walk(act, step)
            telling.answer(step, answer, what)
            found = list(what.differences(step.expects))
            telling.differences(what, found)
            steps.append(what)
            differ += bool(found)
        played.append(Played(act.name, tuple(steps)))
    return played, differ


def _only(read: Read, wanted: Callable[[str], bool]) -> Read:
    return replace(read, sheets=[s for s in read.sheets if wanted(s.kind.name)])


def _imported(read: Read, senders: Senders, telling: Telling) -> None:
    spoken = ImportTelling(telling.languages[0], telling.out)
    if import_files(read, senders, spoken) != 0:
        raise CannotPlay("the example files were not taken in; see above")


def _colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _parser() -> argparse.ArgumentParser:
    def words(key: str) -> str:
        return " ".join(say(language, f"demo.help.{key}") for language in LANGUAGES)

    numbers = range(1, len(ACTS) + 1)
    parser = argparse.ArgumentParser(prog="doorstep demo", description=words("about"))
    parser.add_argument("--lang", choices=LANGUAGES, help=words("lang"))
    parser.add_argument("--keep", action="store_true", help=words("keep"))
    parser.add_argument(
        "--act", type=int, choices=numbers, nargs="+", default=(), help=words("act")
    )
    parser.add_argument("--files", default="examples", help=words("files"))
    parser.add_argument("--home", default="var/demo", help=words("home"))
    parser.add_argument("--evidence", default="var/evidence", help=words("evidence"))
    parser.add_argument("--record", default="var/demo.json", help=words("record"))
    return parser
