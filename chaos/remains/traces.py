"""Where planted personal data can still be read: logs, metrics, tables, stream, queues.

Everything that is not in `MAY_BE` is searched: every file below the home of a platform
(logs of parts and servers, the servers' own data with their write-ahead logs and queues),
every column of every table, every message of the stream, every part's `/metrics`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
from sqlalchemy import create_engine, text

from chaos.crews.invented import CORES
from chassis.database import with_driver
from chassis.settings import Settings
from doorstep import ports
from doorstep.home import Home
from doorstep.parts import embedded
from doorstep.shredding import stream
from doorstep.shredding.rows import columns, quoted
from doorstep.shredding.traces import in_base64

#: Folders of a home where personal data may lie in the clear, and why.
MAY_BE: Mapping[str, str] = {
    "chaos": "the phones' own journals and the harness's ledgers: on devices of the pair",
    "media": "photos and sound are what they show and say; who looks is kept (check 9)",
}
#: Bytes of a file that are looked at together.
BLOCK = 8 << 20


@dataclass(frozen=True)
class Trace:
    """A planted word, found in a place, in one way of writing it."""

    place: str
    form: str
    word: str


def forms(word: str) -> dict[bytes, str]:
    """Return every way in which a word may have been written down, each with its name."""
    plain, escaped = word.encode(), json.dumps(word)[1:-1]
    ways = [
        (plain, "as it is"),
        (escaped.encode(), "json"),
        (escaped.replace("\\", "\\\\").encode(), "json in json"),
        (quote(word).encode(), "percent"),
        (quote(word).lower().encode(), "percent"),
        (repr(plain)[2:-1].encode(), "bytes as Python shows them"),
        (plain.hex().encode(), "hex"),
        (word.encode("gb18030"), "gb18030"),
        (word.encode("utf-16-le"), "utf-16"),
        *((form, "base64") for form in in_base64(plain)),
    ]
    found: dict[bytes, str] = {}
    for form, name in ways:
        found.setdefault(form, name)
    return found


class Hunt:
    """Looks for planted words in whatever it is shown."""

    def __init__(self, words: tuple[str, ...] = CORES) -> None:
        self.needles = {
            form: (name, word) for word in words for form, name in forms(word).items()
        }
        self.longest = max(map(len, self.needles))
        self.found: set[Trace] = set()
        #: How much was searched, by kind of place.
        self.searched: dict[str, int] = {}

    def look(self, place: str, content: bytes) -> None:
        for needle, (name, word) in self.needles.items():
            if needle in content:
                self.found.add(Trace(place, name, word))

    def files(self, root: Path) -> None:
        """Look into every file of a home but those where words may be."""
        for file in sorted(root.rglob("*")):
            where = file.relative_to(root)
            if where.parts[0] not in MAY_BE and file.is_file():
                self.count("files")
                self.file(str(where), file)

    def file(self, place: str, file: Path) -> None:
        """Look into a file in blocks that overlap by as much as the longest needle."""
        try:
            with file.open("rb") as opened:
                rest = b""
                while block := opened.read(BLOCK):
                    self.look(place, rest + block)
                    rest = block[-self.longest :]
        except OSError:  # a server has just removed or locked it
            self.count("files that were gone")

    def tables(self, url: str) -> None:
        """Look into every column of every table, whatever its type."""
        engine = create_engine(with_driver(url, "psycopg"))
        with engine.connect() as connection:
            for column in columns(connection):
                self.count("columns")
                name = quoted(column.name)
                shown = name if column.is_bytes else f"convert_to({name}::text, 'UTF8')"
                query = f"SELECT {shown} FROM {column.place} WHERE {name} IS NOT NULL"
                for (content,) in connection.execute(text(query)):
                    self.look(f"{column.place}.{column.name}", bytes(content))
        engine.dispose()

    def stream(self, settings: Settings) -> None:
        """Look into every message that any event was told by."""
        with stream.connected(settings) as connection:
            end = stream.last_offset(connection)
            for offset, body in stream.read(connection, "first", stream.SILENT_S):
                self.count("messages")
                self.look("stream", body)
                if offset >= end:
                    return

    def metrics(self, home: Home) -> None:
        """Look into what each part counts."""
        for name, url in metric_pages(home):
            self.count("pages of numbers")
            self.look(f"/metrics of {name}", httpx.get(url, trust_env=False).content)

    def count(self, kind: str) -> None:
        self.searched[kind] = self.searched.get(kind, 0) + 1


def metric_pages(home: Home) -> Iterator[tuple[str, str]]:
    """Yield each part's name and where it tells its numbers."""
    settings = home.settings()
    for part in embedded(settings):
        http = settings["DOORSTEP_HTTP_PORT"]
        port = http if part.health else ports.last(home.status_port_file(part.name))
        yield part.name, f"http://127.0.0.1:{port}/metrics"


def hunt(home: Home, settings: Mapping[str, str], marks: tuple[str, ...] = ()) -> Hunt:
    """Look for every planted word everywhere; `marks` are of what nobody could read."""
    found = Hunt((*CORES, *marks))
    names = ("AMQP_URI", "DATABASE_URL")
    found.tables(settings["DATABASE_URL"])
    found.stream(Settings.model_validate({name: settings[name] for name in names}))
    found.metrics(home)
    found.files(home.root)
    return found
