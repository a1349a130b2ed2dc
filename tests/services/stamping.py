"""A timestamp authority: `openssl ts -reply` behind a small HTTP server."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.services import giving

CONFIG = """
[tsa]
default_tsa = own
[own]
dir = {folder}
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sm3
accuracy = secs:1
ess_cert_id_alg = sha256
"""


class Authority:
    """Its certificates in a folder; those of `good_days` end so many days from now."""

    def __init__(self, folder: Path, good_days: float = 30) -> None:
        folder.mkdir()
        self.folder, self.ca = folder, folder / "ca.pem"
        self.good_until = datetime.now(UTC).replace(microsecond=0) + timedelta(good_days)
        (folder / "serial").write_text("01")
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
        root_key, root = certified("Root", None, datetime.now(UTC) + timedelta(60))
        key, its = certified("Authority", (root_key, root), self.good_until)
        self.ca.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        (folder / "tsa.pem").write_bytes(its.public_bytes(serialization.Encoding.PEM))
        (folder / "tsa.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def stamps(self, query: bytes) -> bytes:
        """Answer a query as RFC 3161 says."""
        asked, said = self.folder / "asked.tsq", self.folder / "said.tsr"
        asked.write_bytes(query)
        words = ["-queryfile", asked, "-config", self.folder / "tsa.cnf", "-out", said]
        subprocess.run(
            ["openssl", "ts", "-reply", *map(str, words)], check=True, capture_output=True
        )
        return said.read_bytes()

    def stamps_another(self, *words: str) -> bytes:
        """Answer a query of its own, of another hash or nonce."""
        query = self.folder / "another.tsq"
        subprocess.run(
            ["openssl", "ts", "-query", *words, "-cert", "-out", str(query)],
            check=True,
            capture_output=True,
        )
        return self.stamps(query.read_bytes())


def certified(
    name: str,
    by: tuple[rsa.RSAPrivateKey, x509.Certificate] | None,
    until: datetime,
) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(by[1].subject if by else called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=90))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(by is None, None), True)
    )
    if by:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        made = made.add_extension(usage, True)
    return key, made.sign(by[0] if by else key, hashes.SHA256())


@contextmanager
def behind_http(stamps: Callable[[bytes], bytes]) -> Iterator[str]:
    """Yield the address of a server that answers queries so."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        assert handler.headers["Content-Type"] == "application/timestamp-query"
        said = stamps(handler.rfile.read(int(handler.headers["Content-Length"])))
        handler.send_response(200)
        handler.send_header("Content-Type", "application/timestamp-reply")
        handler.send_header("Content-Length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said)

    with giving.answering(answer) as address:
        yield address
