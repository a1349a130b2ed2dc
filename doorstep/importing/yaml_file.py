"""A YAML file: one list under the name of what it holds. Every value knows its line.

Values are taken as they were written: `007` stays `007`. Aliases are refused, so a file
of a kilobyte cannot unfold to one of a gigabyte.
"""

import difflib
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from doorstep.importing.decoding import Text
from doorstep.importing.kinds import KINDS, Kind
from doorstep.importing.table import Cell, Complaint, Content, Row, Sheet, Unreadable

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 6
NULL = "tag:yaml.org,2002:null"


def read(text: Text) -> tuple[Sheet, list[Complaint]]:
    """Return the rows, and what is wrong with single lines. Raises `Unreadable`."""
    top = _composed(text)
    if not isinstance(top, MappingNode) or len(top.value) != 1:
        names = " ".join(KINDS)
        raise Unreadable(Complaint(text.file, 1, "not-one-list", values={"names": names}))
    name, rows = top.value[0]
    kind = _kind(text, name)
    if not isinstance(rows, SequenceNode) or not rows.value:
        raise Unreadable(Complaint(text.file, _line(rows), "no-rows"))
    reader = _Rows(text.file, kind)
    found = [row for node in rows.value if (row := reader.row(node))]
    titles = {column.name: column.name for column in kind.columns}
    whole = len(found) == len(rows.value)
    return Sheet(text.file, kind, found, titles, whole), reader.complaints


class _Rows:
    """Turns mappings into rows, and gathers what is wrong with them."""

    def __init__(self, file: str, kind: Kind) -> None:
        self.file, self.kind = file, kind
        self.complaints: list[Complaint] = []
        self.spoilt: set[str] = set()

    def row(self, node: Node) -> Row | None:
        if not isinstance(node, MappingNode):
            self._complain(node, "not-a-row")
            return None
        self.spoilt.clear()
        cells = self._cells(node, "")
        return Row(_line(node), cells, spoilt=frozenset(self.spoilt - cells.keys()))

    def _cells(self, node: MappingNode, prefix: str) -> dict[str, Cell]:
        cells: dict[str, Cell] = {}
        met: set[str] = set()
        for key, value in node.value:
            name = prefix + str(key.value)
            if name in met:
                self._complain(key, "column-twice", name)
            met.add(name)
            if isinstance(value, MappingNode) and self._leads_on(name):
                cells |= self._cells(value, f"{name}.")
            elif self._known(key, name) and (cell := self._cell(name, value)):
                cells[name] = cell
        return cells

    def _leads_on(self, name: str) -> bool:
        return any(column.name.startswith(f"{name}.") for column in self.kind.columns)

    def _known(self, key: Node, name: str) -> bool:
        names = [column.name for column in self.kind.columns]
        if name in names:
            return True
        close = difflib.get_close_matches(name, names, 1, 0.5)
        kind = "misspelt-column" if close else "extra-column"
        self._complain(key, kind, name, meant=close[0] if close else "")
        self.spoilt.update(close)
        return False

    def _cell(self, name: str, node: Node) -> Cell | None:
        many = self.kind.column(name).many
        content: Content
        if isinstance(node, ScalarNode) and not many:
            content = "" if node.tag == NULL else node.value.strip()
        elif many and isinstance(node, SequenceNode) and _plain(node):
            content = tuple(item.value.strip() for item in node.value)
        else:
            self._complain(node, "list-wanted" if many else "one-value-wanted", name)
            self.spoilt.add(name)
            return None
        return Cell(content, _line(node)) if content else None

    def _complain(self, node: Node, kind: str, title: str = "", **values: object) -> None:
        self.complaints.append(
            Complaint(self.file, _line(node), kind, title, values=values)
        )


def _composed(text: Text) -> Node | None:
    try:
        _refuse_tricks(text)
        return yaml.compose(text.text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        complaint = Complaint(text.file, line, "broken-yaml", values={"column": column})
        raise Unreadable(complaint) from None
    except yaml.YAMLError:
        raise Unreadable(Complaint(text.file, None, "is-binary")) from None


def _refuse_tricks(text: Text) -> None:
    """Refuse what a list of rows never needs, before anything is built from it."""
    depth = 0
    for event in yaml.parse(text.text, Loader=Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable(Complaint(text.file, line, "yaml-alias"))
        if getattr(event, "tag", None):
            raise Unreadable(Complaint(text.file, line, "yaml-tag"))
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Unreadable(Complaint(text.file, line, "yaml-too-deep"))


def _kind(text: Text, node: Node) -> Kind:
    name = str(node.value)
    if name in KINDS:
        return KINDS[name]
    close = difflib.get_close_matches(name, KINDS, 1, 0.5)
    values = {"meant": close[0] if close else " ".join(KINDS)}
    raise Unreadable(
        Complaint(text.file, _line(node), "unknown-list", name[:40], values=values)
    )


def _plain(node: SequenceNode) -> bool:
    return all(isinstance(item, ScalarNode) for item in node.value)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
