"""A gateway behind a real socket, in this process or in one that can be killed."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

import httpx
import uvicorn
from fastapi import FastAPI

from tests.gateway.uploading import STREAM, File, Sender


def free_socket() -> socket.socket:
    found = socket.socket()
    found.bind(("127.0.0.1", 0))
    return found


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serve an app whose parts are up already; its address."""
    listening = free_socket()
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    host, port = listening.getsockname()
    yield f"http://{host}:{port}"
    server.should_exit = server.force_exit = True
    await serving
    listening.close()


#: Imports a gateway once, and forks one for each line it reads: its environment, and code
#: that may break something in it, so that it dies at a chosen place.
MOTHER = """
import json, os, signal, sys
import gateway.main
for line in sys.stdin:
    environment, first = json.loads(line)
    if (child := os.fork()) == 0:
        os.environ |= environment
        exec(first)
        gateway.main.run()
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("gone", flush=True)
"""


@dataclass
class Gateways:
    """Gateways as processes of their own, one after the other, that can be killed."""

    mother: subprocess.Popen[str]

    @contextmanager
    def one(self, port: int, first: str = "") -> Iterator[int]:
        """A gateway at this port, answering; its process id. Killed at the end."""
        assert self.mother.stdin
        assert self.mother.stdout
        environment = dict(os.environ) | {"DOORSTEP_HTTP_PORT": str(port)}
        print(json.dumps([environment, first]), file=self.mother.stdin, flush=True)
        child = int(self.mother.stdout.readline())
        try:
            answering(f"http://127.0.0.1:{port}/livez")
            yield child
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            assert self.mother.stdout.readline() == "gone\n"


@contextmanager
def gateways() -> Iterator[Gateways]:
    mother = subprocess.Popen(
        [sys.executable, "-c", MOTHER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with mother:
        yield Gateways(mother)
        mother.kill()


def answering(url: str) -> None:
    for _ in range(400):
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"nothing answers at {url} after 20 s")


@dataclass
class Wire:
    """One connection that sends a PATCH as it pleases."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def patch(
        cls, url: str, sender: Sender, file: File, offset: int, **more: str
    ) -> "Wire":
        """Say that everything from `offset` on will come, and send none of it yet."""
        host, port = url.removeprefix("http://").split(":")
        wire = cls(*await asyncio.open_connection(host, int(port)))
        headers = sender.headers(Upload_Offset=offset, Content_Type=STREAM, **more)
        headers |= {"Host": host, "Content-Length": str(len(file.content) - offset)}
        lines = [f"PATCH {file.path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
        wire.writer.write("\r\n".join([*lines, "", ""]).encode())
        await wire.writer.drain()
        return wire

    async def send(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def status(self) -> int:
        """The status of the answer, once it is there."""
        async with asyncio.timeout(20):
            return int((await self.reader.readline()).split()[1])

    async def drop(self) -> None:
        """Be gone, as a phone in a lift."""
        self.writer.transport.abort()
        with suppress(OSError):
            await self.writer.wait_closed()
