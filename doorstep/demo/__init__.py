"""`doorstep demo`: one visit, from an empty platform to the pair's leaving.

Everything goes through HTTP, as people's programs do. 0: every step was answered as the
rules say; 1: one was not, or the story could not be played.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from doorstep.catalogue import LANGUAGES, say
from doorstep.client import Gateway
from doorstep.demo.cast import CannotPlay, Cast, Scene, rows, scene
from doorstep.demo.feed import Feed
from doorstep.demo.record import Seen, write
from doorstep.demo.stage import stage, token_file
from doorstep.demo.story import STORY, Step
from doorstep.demo.telling import Telling
from doorstep.demo.visit import Topics, Visit
from doorstep.home import Home
from doorstep.importing import Senders, import_files, today
from doorstep.importing.reading import Read, read_all
from doorstep.importing.telling import Telling as ImportTelling
from proto.base import Role

__all__ = ["main", "tell"]


def main(argv: Sequence[str]) -> int:
    """Run the command; return its exit code. Raises `DoorstepError`."""
    words = _parser().parse_args(list(argv))
    languages = [words.lang] if words.lang else list(LANGUAGES)
    telling = Telling(languages, sys.stdout, _colour())
    home = Home(Path(words.home).absolute())
    with stage(home, words.keep) as url:
        read = read_all([Path(words.files)], today())
        if read.complaints:
            ImportTelling(languages[0], sys.stdout).complain(read.complaints)
            return 1
        with Gateway(url, languages[0]) as gateway:
            steps, differ = _play(gateway, read, home, telling)
    write(Path(words.record), steps)
    telling.say("record", file=words.record)
    telling.say("differs" if differ else "as-expected", steps=len(steps), differ=differ)
    return 1 if differ else 0


def _play(
    gateway: Gateway, read: Read, home: Home, telling: Telling
) -> tuple[list[Seen], int]:
    """Set the scene, then tell the story."""
    where, cast = scene(read), Cast(gateway, read, home.root)
    telling.say("accounts")
    for name, role in cast.open_accounts(token_file(home).read_text().strip()):
        telling.plain(f"   {name}  {role}")
    telling.say("import")
    officer = cast.of_role(Role.BANK_OFFICER)
    supervisor = cast.of_role(Role.SUPERVISOR, where.agency)
    senders = Senders(officer, {"visits": supervisor})
    _imported(_only(read, lambda kind: kind != "visits"), senders, telling)
    telling.say("phones")
    visit = Visit(where, cast.pair(where))
    _imported(_only(read, lambda kind: kind == "visits"), senders, telling)
    visit.await_known()
    feed = Feed(supervisor, where.visit_id)
    feed.start()
    _curtain(telling, visit, where, read)
    try:
        return tell(STORY, visit, feed, telling)
    finally:
        feed.stop()


def tell(
    story: Iterable[Step], visit: Visit, topics: Topics, telling: Telling
) -> tuple[list[Seen], int]:
    """Walk every step; return what was seen, and how many steps were otherwise."""
    steps, differ = [], 0
    first = visit.pair[0]
    for number, step in enumerate(story, 1):
        telling.step(number, step, f"{first.name} {first.staff_no}")
        answer, what = visit.walk(step, topics)
        telling.answer(answer, what)
        found = list(what.differences(step.expects))
        telling.differences(what, found)
        steps.append(what)
        differ += bool(found)
    return steps, differ


def _only(read: Read, wanted: Callable[[str], bool]) -> Read:
    return replace(read, sheets=[s for s in read.sheets if wanted(s.kind.name)])


def _imported(read: Read, senders: Senders, telling: Telling) -> None:
    spoken = ImportTelling(telling.languages[0], telling.out)
    if import_files(read, senders, spoken) != 0:
        raise CannotPlay("the example files were not taken in; see above")


def _curtain(telling: Telling, visit: Visit, where: Scene, read: Read) -> None:
    one, other = visit.pair
    books = next(
        row["books"] for row in rows(read, "cases") if row["number"] == where.visit["case"]
    )
    telling.say("curtain", one=one.name, other=other.name, case=where.visit["case"])
    telling.say("books", books=" ".join(books))


def _colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _parser() -> argparse.ArgumentParser:
    def words(key: str) -> str:
        return " ".join(say(language, f"demo.help.{key}") for language in LANGUAGES)

    parser = argparse.ArgumentParser(prog="doorstep demo", description=words("about"))
    parser.add_argument("--lang", choices=LANGUAGES, help=words("lang"))
    parser.add_argument("--keep", action="store_true", help=words("keep"))
    parser.add_argument("--files", default="examples", help=words("files"))
    parser.add_argument("--home", default="var/demo", help=words("home"))
    parser.add_argument("--record", default="var/demo.json", help=words("record"))
    return parser
