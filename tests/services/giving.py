"""Whom a tree head is given to: servers written by others, and those that misbehave."""

import json
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from wsgidav.wsgidav_app import WsgiDAVApp  # type: ignore[import-untyped]  # no types

from proto.canonical import canonical

SIGNATURE = "c2lnbmVk"


def head(size: int = 7, root: str = "a" * 64) -> str:
    """A tree head as docs/evidence.md has it."""
    said = {"at": "2026-03-02T04:00:00Z", "bank": "demo", "key": "b" * 64}
    said |= {"kind": "tree-head", "root": root, "suite": "international"}
    return canonical(said | {"size": size}).decode()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None: ...


@contextmanager
def serving(server: Any) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def archive(folder: Path, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """WsgiDAV over a folder; yields its address."""
    config = {
        "provider_mapping": {"/": str(folder)},
        "http_authenticator": {"domain_controller": None},
        "simple_dc": {"user_mapping": {"*": {"doorstep": {"password": "not-the-usual"}}}},
        "logging": {"enable": False},
        "verbose": 0,
    }
    app = WsgiDAVApp(config)

    def ended(environ: dict[str, Any], begin: Any) -> Any:
        """wsgiref gives a body without an end, and an application waits for it."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        return app(environ, begin)

    server = make_server("127.0.0.1", 0, ended, handler_class=Quiet)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    with serving(server) as port:
        scheme = "https" if tls else "http"
        yield f"{scheme}://doorstep@localhost:{port}/"


class Unmoved(HTTPServer):
    """It says nothing of whoever hangs up before the answer: they were made to."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that answers everything just so."""

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if self.raw_requestline and self.parse_request():
                answer(self)
            self.close_connection = True

    with serving(Unmoved(("127.0.0.1", 0), Answers)) as port:
        yield f"http://127.0.0.1:{port}"


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


class Mailbox:
    """What a mail server got; `says` answers the end of DATA, or breaks off by raising."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.says: Callable[[], str] = lambda: "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        said = self.says()
        if said.startswith("250"):
            self.got.append(envelope.content)
        if said.endswith("break"):
            server.transport.abort()
        return said

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, _: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return "250 OK"


@contextmanager
def mail_server(mailbox: Mailbox, **how: Any) -> Iterator[int]:
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **how)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, ssl.SSLContext]:
    """A certificate for this host by itself, and a server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "host.pem", folder / "host.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return pem, context


def is_kept(file: Path, text: str) -> bool:
    wanted = {"head": text, "signature": SIGNATURE}
    return bool(json.loads(file.read_bytes()) == wanted)
