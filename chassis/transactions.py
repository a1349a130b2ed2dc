"""Transactions that begin with their first statement, and may end with their last.

psycopg2 asks the database to BEGIN, waits, asks for what is wanted, waits, asks to COMMIT,
and waits. Under eventlet each wait costs us more than most statements do, and the database
wakes up for each: so the words travel together where nothing depends on the first answer.
"""

from typing import Any, LiteralString

from psycopg2.extensions import TRANSACTION_STATUS_IDLE, connection, cursor

#: What a statement says of itself when nothing comes after it in its transaction. One
#: that is not the only one as well gives no rows: its answer is the COMMIT's.
LAST = {"comes_last": True}


#: Lets a transaction end before it lies on the disk. For ticks alone: a database that loses
#: its power forgets the last of them, and whoever rests on them hears that they are old.
UNSAVED: LiteralString = "SELECT set_config('synchronous_commit', 'off', true)"


class Words(cursor):
    """A cursor whose first statement brings the BEGIN along, and its `last` the COMMIT.

    One that is both is a transaction by itself.
    """

    last = False

    def execute(self, query: Any, vars: Any = None) -> None:
        first = self.connection.info.transaction_status == TRANSACTION_STATUS_IDLE
        if first and not self.last:
            query = "BEGIN;" + query
        elif self.last and not first:
            query += ";COMMIT"
        super().execute(query, vars)

    def executemany(self, query: Any, vars_list: Any) -> None:
        self.execute("SELECT")
        super().executemany(query, vars_list)


class Session(connection):
    """A connection that knows by the database's word whether a transaction is open."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self.autocommit = True
        self.cursor_factory = Words
        self.plain = self.cursor(cursor_factory=cursor)  # says nothing of its own

    def words(self) -> Words:
        return self.cursor(cursor_factory=Words)

    def commit(self) -> None:
        self.end("COMMIT")

    def rollback(self) -> None:
        self.end("ROLLBACK")

    def end(self, how: str) -> None:
        """End the transaction, unless it has ended with its last statement."""
        if self.info.transaction_status != TRANSACTION_STATUS_IDLE:
            self.plain.execute(how)
