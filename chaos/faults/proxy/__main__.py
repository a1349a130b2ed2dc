"""The proxy's process: one order a line on its input, JSON; it ends when that does.

Each order is answered by a line: the port of a link that was added, or null.
"""

import asyncio
import json
import sys
from random import Random
from typing import Any

from chaos.faults.proxy.link import Link
from chaos.faults.proxy.modes import Mode


async def serve() -> None:
    """Carry for every link until there is nobody to order us."""
    links: dict[str, Link] = {}
    loop, orders = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        print(json.dumps(obey(json.loads(line), links)), flush=True)
    for link in links.values():
        link.close()


def obey(order: dict[str, Any], links: dict[str, Link]) -> int | None:
    """Do one: `add` a link, `cut` one, or `heal` it."""
    if "add" in order:
        links[order["add"]] = link = Link(tuple(order["to"]), Random(order["add"]))
        link.open()
        return link.port
    if "cut" in order:
        links[order["cut"]].cut(Mode(**order["mode"]))
    else:
        links[order["heal"]].heal()
    return None


if __name__ == "__main__":
    asyncio.run(serve())
