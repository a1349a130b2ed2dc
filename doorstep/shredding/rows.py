"""Look through every row of every table: outboxes, inboxes and held-back rows too."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from doorstep.shredding.traces import Search

#: Whatever is not PostgreSQL's own; a table nobody told us of is searched as well.
COLUMNS = text(
    "SELECT c.table_schema, c.table_name, c.column_name, c.data_type = 'bytea'"
    " FROM information_schema.columns c JOIN information_schema.tables t"
    " USING (table_catalog, table_schema, table_name)"
    " WHERE t.table_type = 'BASE TABLE'"
    " AND c.table_schema NOT IN ('pg_catalog', 'information_schema')"
    " ORDER BY 1, 2, c.ordinal_position"
)
AT_ONCE = 500


@dataclass(frozen=True)
class Column:
    """A column of a table, and whether it holds bytes."""

    schema: str
    table: str
    name: str
    is_bytes: bool

    @property
    def place(self) -> str:
        return f"{self.schema}.{self.table}"

    def query(self) -> TextClause:
        """The values of this column that hold one of the needles, as bytes.

        The database throws the others away; what is left is looked at closely.
        """
        name = quoted(self.name)
        content = name if self.is_bytes else f"convert_to({name}::text, 'UTF8')"
        table = f"{quoted(self.schema)}.{quoted(self.table)}"
        query = text(
            f"SELECT found.content FROM (SELECT {content} AS content FROM {table}) found"
            " WHERE EXISTS (SELECT FROM unnest(:needles) needle"
            " WHERE position(needle IN found.content) > 0)"
        )
        return query.bindparams(bindparam("needles", type_=ARRAY(BYTEA)))


def columns(connection: Connection) -> list[Column]:
    return [Column(*row) for row in connection.execute(COLUMNS)]


def search(connection: Connection, what: Search) -> int:
    """Search every table; return how many there are."""
    needles = [str(what.key_id).encode(), *what.forms]
    tables = set()
    for column in columns(connection):
        tables.add(column.place)
        for content in contents(connection, column, needles):
            what.look(column.place, content)
    return len(tables)


def contents(
    connection: Connection, column: Column, needles: list[bytes]
) -> Iterator[bytes]:
    """Fetch what a column has of the needles, a few rows at a time."""
    stream = connection.execution_options(stream_results=True, yield_per=AT_ONCE)
    for (content,) in stream.execute(column.query(), {"needles": needles}):
        yield bytes(content)


def quoted(name: str) -> str:
    """Quote a name of the database's own (PostgreSQL, 4.1.1)."""
    return '"' + name.replace('"', '""') + '"'
