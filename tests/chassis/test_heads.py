"""A part that starts while its database takes connections and says nothing."""

import socket
import subprocess
import sys

#: What a process of services does first, with what it would hang in.
LOOKS = """
import eventlet; eventlet.monkey_patch()
from sqlalchemy.exc import OperationalError
from psycopg2 import extensions
from chassis import database, heads
database.NOTICES["connect_timeout"] = 2
green = extensions.get_wait_callback()
try:
    heads.behind("postgresql://a:b@127.0.0.1:{port}/c", [], green=True)
except OperationalError as error:
    print("gave up", extensions.get_wait_callback() is green and green is not None)
"""


def test_services_give_up_a_database_that_says_nothing_and_ask_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        code = LOOKS.format(port=silent.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert done.stdout.strip() == "gave up True", done.stderr
