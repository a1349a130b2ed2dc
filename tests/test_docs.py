"""What the pages say is so: their links, their names, their clauses, their tables.

Three tables are made from the code. `python -m tests.test_docs` writes them anew.
"""

import ast
import csv
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import rulebook
from chassis import topology
from gateway import asks, events, health, operations, packs, pairing, signing_in
from gateway.door import Door
from gateway.landing import grants
from gateway.pages import badge
from gateway.roles import EVERYONE, OPEN
from proto.base import Role
from proto.decision import Act
from rulebook.needed import NEEDED
from rulebook.topics import EXCUSES, RULES

ROOT = Path(__file__).parent.parent
#: Nobody's pages: what make, git, tools and runs leave behind.
LEFT_OUT = {".git", ".venv", "var", "node_modules"}
README, README_ZH = ROOT / "README.md", ROOT / "README.zh-CN.md"

LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"`([\w./-]+\.py):([A-Za-z_][\w.]*)`")
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.*-]*)`")
TARGET = re.compile(r"`?make ([a-z]+)\b")
CLAUSE = re.compile(r"(?<![\w.])(\d{1,2}\.\d{2,3}|C\.\d{2})(?![\w%]|\.\d)")
CONTRADICTION = re.compile(r"(?<!\w)X\d{1,2}(?!\w)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#{1,6}) ", re.MULTILINE)

#: What nothing in the repository may say. Put together here, so that this file does not.
MACHINES = [
    "/".join(parts)
    for parts in (("..", "shared"), ("", "work", ""), ("", "root", ""), ("", "home", ""))
]
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("index", "docker", "io"),
    )
]
INDEXES = ["--" + "index-url", "--" + "extra-index-url", "--" + "trusted-host"]


def files() -> Iterator[Path]:
    """Every file of the repository, without what running it leaves behind."""
    for folder, names, found in os.walk(ROOT):
        names[:] = [n for n in names if n not in LEFT_OUT and not ignored(n)]
        yield from (Path(folder) / name for name in found)


def ignored(folder: str) -> bool:
    return folder.endswith(("_cache", "__pycache__", ".egg-info", ".hypothesis"))


PAGES = sorted(path for path in files() if path.suffix == ".md")
DOCS = [page for page in PAGES if page.parent != ROOT / "tests/rulebook/cases"]
#: Pages at the root and under `docs/`; the others stand beside what they describe.
BOUND = [page for page in PAGES if page.parent == ROOT or ROOT / "docs" in page.parents]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(prose(page)) if "://" not in link]
    wanted = {link: link.partition("#") for link in links}

    missing = [
        link
        for link, (path, _, anchor) in wanted.items()
        if not (target := page.parent / path if path else page).exists()
        or (anchor and anchor not in anchors(target))
    ]
    assert missing == []


def anchors(page: Path) -> set[str]:
    """The anchors a page has, as they are made from its headings."""
    headings = re.findall(r"^#{1,6} (.+)$", prose(page), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", DOCS, ids=name_of)
def test_every_function_a_page_names_exists(page: Path) -> None:
    named = NAMED.findall(page.read_text("utf-8"))

    assert [f"{path}:{name}" for path, name in named if name not in names_in(path)] == []


@cache
def names_in(path: str) -> frozenset[str]:
    """Everything a file defines: `function`, `Class`, `Class.method`, `CONSTANT`."""
    file = ROOT / path
    if not file.exists():
        return frozenset()
    return frozenset(names_of(ast.parse(file.read_text("utf-8")), ""))


def names_of(node: ast.Module | ast.ClassDef, inside: str) -> Iterator[str]:
    for each in node.body:
        match each:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield inside + name
            case ast.ClassDef(name=name):
                yield inside + name
                yield from names_of(each, f"{inside}{name}.")
            case ast.Assign(targets=targets):
                yield from (inside + t.id for t in targets if isinstance(t, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield inside + name


@pytest.mark.parametrize("page", DOCS, ids=name_of)
def test_every_path_a_page_names_exists(page: Path) -> None:
    tops = {path.name for path in ROOT.iterdir()} - {"var"}
    paths = [path for path in PATH.findall(prose(page)) if path.split("/")[0] in tops]

    assert [path for path in paths if not any(ROOT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize("page", DOCS, ids=name_of)
def test_every_clause_a_page_cites_exists(page: Path) -> None:
    text = prose(page)

    assert set(CLAUSE.findall(text)) - clause_ids() == set()
    assert set(CONTRADICTION.findall(text)) - contradiction_ids() == set()


@cache
def clause_ids() -> frozenset[str]:
    """Every clause of the source document, and every one a contract book adds."""
    contracts = [book for book in rulebook.load().values() if book.section is None]
    added = {clause.clause for book in contracts for clause in book.clauses}
    return frozenset({row["id"] for row in source("clauses")} | added)


@cache
def contradiction_ids() -> frozenset[str]:
    return frozenset(row["id"] for row in source("contradictions"))


def source(table: str) -> list[dict[str, str]]:
    with (ROOT / f"rulebook/source/{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("page", DOCS, ids=name_of)
def test_every_make_target_a_page_names_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    code = re.findall(r"`(make [a-z]+)`", prose(page))
    fenced = "\n".join(text for _, text in FENCE.findall(page.read_text("utf-8")))
    named = TARGET.findall("\n".join(code)) + re.findall(r"^make ([a-z]+)", fenced, re.M)

    assert set(named) - targets == set()


def test_continuous_integration_runs_what_the_readme_says() -> None:
    lines = (ROOT / ".ci/run").read_text("utf-8").splitlines()
    setting_up = ("#", "set ", "cd ")
    run = [line for line in lines if line and not line.startswith(setting_up)]

    assert run == ["make test"]
    for page in (README, README_ZH):
        commands = [text for kind, text in FENCE.findall(page.read_text()) if kind == "sh"]
        assert commands[0].split("\n")[-3:-1] == ["make demo", "make test"]


def test_both_readmes_have_the_same_parts() -> None:
    one, other = (HEADING.findall(prose(page)) for page in (README, README_ZH))
    assert one == other

    one, other = (FENCE.findall(page.read_text("utf-8")) for page in (README, README_ZH))
    assert [kind for kind, _ in one] == [kind for kind, _ in other]


@pytest.mark.parametrize("page", BOUND, ids=name_of)
def test_lines_are_short_enough_to_read_beside_code(page: Path) -> None:
    long = [line for line in prose(page).splitlines() if len(line) > 100]

    assert [line for line in long if " " in line and line[0] != "|"] == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    found = [(name_of(file), word) for file in files() for word in said_in(file)]
    assert found == []


def said_in(file: Path) -> Iterator[str]:
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        return
    yield from (word for word in (*MACHINES, *REGISTRIES, *INDEXES) if word in text)


def test_every_decision_is_in_the_index_and_short() -> None:
    folder = ROOT / "docs/decisions"
    pages = sorted(folder.glob("[0-9]*.md"))
    index = (folder / "README.md").read_text("utf-8")

    assert [page.name for page in pages if f"({page.name})" not in index] == []
    assert [page.name for page in pages if len(page.read_text().splitlines()) > 40] == []
    numbers = [int(page.name[:4]) for page in pages]
    assert numbers == list(range(1, len(pages) + 1))


# Tables made from the code.


def acts() -> Iterator[str]:
    """Every clause that is judged or set, in the order of the source."""
    yield "| clause | cited as | norm | asked before | otherwise |"
    yield "|---|---|---|---|---|"
    found = [(book, clause) for book in rulebook.load().values() for clause in book.clauses]
    for _, clause in sorted(found, key=lambda each: place(each[1].clause)):
        judged = [act.value for act in Act if clause.judges(act)]
        at_the_door = [act.value for act in Act if act is not Act.AUTHORISE_CASH]
        before = " ".join(f"`{act}`" for act in judged) or "-"
        if judged == at_the_door:
            before = "every act at the door"
        if clause.kept_by:
            otherwise = f"kept by `{clause.kept_by}`"
        elif clause.key in RULES:
            unless = f", unless {clause.unless}" if clause.unless else ""
            otherwise = f"{clause.otherwise.value}{unless}"
        else:
            otherwise = "excuses" if clause.key in EXCUSES else "sets a term"
        yield (
            f"| {clause.clause} | {clause.cite} | `{clause.key}` | {before} | {otherwise} |"
        )


def place(clause: str) -> tuple[int, str]:
    """Where a clause stands: the contract's come last."""
    section, _, number = clause.partition(".")
    return (int(section) if section.isdecimal() else 99, number)


def needed() -> Iterator[str]:
    """What some book must settle before an act."""
    yield "| act | norms to be judged, terms to be set |"
    yield "|---|---|"
    for act, norms in NEEDED.items():
        yield f"| `{act.value}` | {' '.join(f'`{norm}`' for norm in norms)} |"


def contradictions() -> Iterator[str]:
    """The contradictions that touch a door, or a clause of one of our books."""
    yield "| | one says | another says | the table's default | kept here by |"
    yield "|---|---|---|---|---|"
    ours = {clause.clause for book in rulebook.load().values() for clause in book.clauses}
    declared = {each.id: each for each in rulebook.contradictions()}
    for row in source("contradictions"):
        touched = ours & set(CLAUSE.findall(f"{row['clause_a']} {row['clause_b']}"))
        if touched or row["id"] in declared:
            cells = (row["id"], row["clause_a"], row["clause_b"], row["default"])
            said = " | ".join(cell.replace("|", ";") for cell in cells)
            yield f"| {said} | {keepers(declared.get(row['id']))} |"


def keepers(declared: rulebook.Contradiction | None) -> str:
    """What keeps a default, or that another part will have to."""
    if declared is None:
        return "-"
    return "; ".join(
        f"{how.replace('_', ' ')}: {', '.join(f'`{name}`' for name in names)}"
        for how, names in declared.kept.items()
    )


def roles() -> Iterator[str]:
    """Who may use which route."""
    yield "| route | asks | who may |"
    yield "|---|---|---|"
    for door, service in doors():
        yield f"| `{door.method} {door.path}` | {service} | {who(door)} |"


#: What the doors of the badge page ask, each by a table of its own.
BADGE = {
    "badge_form": "-",
    "badge_page": "field_visit `check_badge`",
    "badge_complaint": "complaints `complain_by_badge`",
}


def doors() -> Iterator[tuple[Door, str]]:
    for door, _ in (*health.DOORS, *signing_in.DOORS):
        yield door, "-"
    for ask in asks.ASKS:
        yield ask.door(), f"{ask.service} `{ask.command.operation()}`"
    yield grants.DOOR, "field_visit `grant_visit`"
    yield pairing.DOOR, "field_visit `show_pairing`"
    yield packs.DOOR, "field_visit `collect_pack`"
    yield events.VISIT, "field_visit `show_visit`, then the stream"
    yield events.ALL, "the stream"
    yield operations.DOOR, "database and broker"
    for door, _ in badge.DOORS:
        yield door, BADGE[door.name]


def who(door: Door) -> str:
    if door.roles is OPEN:
        return "anyone"
    if door.roles == EVERYONE:
        return "whoever is signed in"
    return ", ".join(role.value for role in Role if role in door.roles)


def hearers() -> Iterator[str]:
    """Which service hears which event."""
    yield "| service | hears |"
    yield "|---|---|"
    for service in topology.SERVICES:
        heard = ", ".join(f"`{topic}`" for topic in topology.topics(service)) or "nobody"
        yield f"| {service} | {heard} |"


TABLES = {
    "docs/rulebook.md": {
        "needed": needed,
        "acts": acts,
        "contradictions": contradictions,
    },
    "docs/architecture.md": {"roles": roles, "hearers": hearers},
}


def between(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)


def with_tables(page: str) -> str:
    """The text of a page with its tables as the code has them now."""
    text = (ROOT / page).read_text("utf-8")
    for name, table in TABLES[page].items():
        assert between(name).search(text), f"{page} has no place for the table {name}"
        made = "\n".join(table())
        text = between(name).sub(lambda m, made=made: f"{m[1]}{made}\n{m[2]}", text)
    return text


@pytest.mark.parametrize("page", TABLES)
def test_the_tables_are_what_the_code_says(page: str) -> None:
    """When this fails: `.venv/bin/python -m tests.test_docs`."""
    assert (ROOT / page).read_text("utf-8") == with_tables(page)


if __name__ == "__main__":
    for page in TABLES:
        (ROOT / page).write_text(with_tables(page), encoding="utf-8")
