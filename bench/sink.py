"""The floor of uploads: a bare ASGI app that hashes a body, writes it and syncs it.

No sign-in, no database, nothing to resume; the fewest steps after which a file is safe.
"""

import asyncio
import hashlib
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

from doorstep import ports
from doorstep.process import wait_until

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Take a file, and say 204 once it is on disk."""
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})
        return
    sha256, path = hashlib.sha256(), Path(os.environ["SINK"]) / uuid.uuid4().hex
    with path.open("wb", buffering=0) as file:
        more = True
        while more:
            piece = await receive()
            body = piece.get("body", b"")  # none when the load generator has left
            sha256.update(body)
            file.write(body)
            more = piece.get("more_body", False)
        await asyncio.to_thread(os.fsync, file.fileno())
    path.unlink()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


class Sink:
    """The bare app in a process and on a port of its own, writing to `folder`'s disk."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, ports.next_free(8470)
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.files = tempfile.TemporaryDirectory(dir=self.folder)
        command = [sys.executable, "-m", "uvicorn", "bench.sink:app", "--no-access-log"]
        command += ["--port", str(self.port), "--log-level", "warning"]
        environment = os.environ | {"SINK": self.files.name}
        self.process = subprocess.Popen(command, env=environment)
        if not wait_until(lambda: not ports.is_free(self.port), 10):
            self.process.kill()
            raise TimeoutError(f"the sink did not open port {self.port} in 10 s")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
        self.files.cleanup()
