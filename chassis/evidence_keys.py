"""The server's keys for evidence: by one seals are signed, by the other the copies given.

Files of mode 0600 among the other keys, made when they are first needed, but not in
production: whoever checks a bundle was given the public half before. It lies beside each
as `.pub`.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chassis import masters
from chassis.logs import log
from chassis.settings import Settings
from evidence.suites import SUITES, Suite, b64, der_of, kid, public_of

#: What each key signs, as `GET /v1/keys` says it.
SEAL, EXPORT = "seal", "export"
READABLE = 0o644


class NoKey(RuntimeError):
    """A key is missing in production, or is of another suite. In one sentence."""


def suite_of(settings: Settings) -> Suite:
    return SUITES[settings.seal_suite]


def private(settings: Settings, purpose: str) -> Path:
    """Return the file of a key, which is made when missing. Raises NoKey."""
    path = settings.keys / f"{purpose}-signing.pem"
    if not path.exists():
        if settings.environment == "production":
            raise NoKey(
                f"no key at {path}; make one with openssl genpkey, or put yours there: "
                "who checks evidence has to know its public half beforehand"
            )
        make(path, suite_of(settings))
    public(settings, path)
    return path


def needed(settings: Settings, purpose: str) -> Path:
    """Return the file of a key for a worker, whose jobs fail by the kind of error alone:
    the sentence goes to the log. Raises NoKey.
    """
    try:
        return private(settings, purpose)
    except NoKey as error:
        log.error("nothing is sealed: %s", error)
        raise


def make(path: Path, suite: Suite) -> None:
    """Make a key, whole or not at all: of two processes at once the first one wins."""
    with TemporaryDirectory(prefix="key-") as folder:
        draft = Path(folder) / path.name
        suite.make_key(draft)
        masters.keep(path, draft.read_bytes())


def public(settings: Settings, path: Path) -> str:
    """Return the public half (PEM) of a key, and have it lie beside it.

    Raises NoKey when it is a key of another suite.
    """
    found, suite = read_public(path), suite_of(settings)
    if not suite.fits(der_of(found)):
        raise NoKey(
            f"{path} is no key of the suite {suite.name!r}; set DOORSTEP_SEAL_SUITE as it "
            "was when it was made, or move it away: seals go on in the suite they began in"
        )
    beside = path.with_suffix(".pub")
    if not beside.exists():
        masters.keep(beside, found.encode())
        beside.chmod(READABLE)
    return found


@cache
def read_public(path: Path) -> str:
    return public_of(path)


def jwk(settings: Settings, purpose: str) -> dict[str, Any]:
    """Return the public half of a key as a JWK (RFC 7517, RFC 8037), and as PEM. Raises
    NoKey.

    `kid` is how heads name it. SM2 has no JWK of its own; its curve is named by ours.
    """
    found = public(settings, private(settings, purpose))
    der = der_of(found)
    assert der is not None
    named = {"kid": kid(found), "use": "sig", "purpose": purpose, "pem": found}
    if settings.seal_suite == "sm":
        x, y = der[-64:-32], der[-32:]
        return named | {"kty": "EC", "crv": "SM2", "alg": "SM2", "x": b64(x), "y": b64(y)}
    return named | {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": b64(der[-32:])}
