"""HTML put together from pieces, in which text can be nothing but text.

A piece is a file beside this one with `$name`s; whatever is put in for one is escaped,
unless it is itself markup, which only `put` makes. See docs/decisions/0035.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from string import Template

FOLDER = Path(__file__).parent


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


NOTHING = Markup()


def put(piece: str, **values: str) -> Markup:
    """Return a piece with these values. Raises KeyError when one is missing."""
    return fill(read(piece), **values)


def fill(template: Template, **values: str) -> Markup:
    safe = {
        name: each if isinstance(each, Markup) else escape(each, quote=True)
        for name, each in values.items()
    }
    return Markup(template.substitute(safe))


def joined(pieces: Iterable[Markup]) -> Markup:
    return Markup("\n".join(pieces))


@cache
def read(piece: str) -> Template:
    return Template((FOLDER / f"{piece}.html").read_text(encoding="utf-8").rstrip("\n"))


@cache
def style() -> Markup:
    """Return the style of every page, which is in the page: one answer is all there is."""
    return Markup((FOLDER / "badge.css").read_text(encoding="utf-8"))


def policy() -> str:
    """Return what a page may do (CSP 3): look as it does, and send its forms to us."""
    digest = b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{digest}'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
