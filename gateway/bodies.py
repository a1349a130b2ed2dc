"""Read a request's body: bounded while it arrives, JSON only, and only JSON we can keep.

RFC 8259, narrowed by I-JSON (RFC 7493): UTF-8, no duplicate names, no numbers beyond
doubles and 2^53; further no NUL and no lone surrogate, which PostgreSQL cannot store.
"""

import asyncio
import json
import math
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from chassis.errors import Invalid
from chassis.malformed import malformed
from gateway.errors import TooLarge, TooSlow, Unreadable, WrongMedia

AModel = TypeVar("AModel", bound=BaseModel)

#: Bytes: of what a phone sends, and of an import.
PHONE, IMPORT = 1 << 20, 16 << 20
#: Seconds for the whole body; nesting; the largest whole number; bytes read in passing.
ARRIVAL_S, DEEPEST, LARGEST, IN_PASSING = 30.0, 32, 2**53, 1 << 16

SURROGATE = re.compile("[\ud800-\udfff\x00]")


async def read(request: Request, most: int) -> Any:
    """Return the JSON value of a body of at most `most` bytes.

    Raises WrongMedia, TooLarge, TooSlow, Unreadable.
    """
    refuse_media(request)
    content = await collect(request, most)
    if len(content) <= IN_PASSING:
        return parse(content)
    return await asyncio.to_thread(parse, content)


def check(kind: type[AModel], value: Any) -> AModel:
    """Return a JSON value as a message. Raises Invalid naming each field."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        problem = malformed(error)
        raise Invalid(problem.kind, *problem.details) from None


def refuse_media(request: Request) -> None:
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.replace(" ", "").replace('"', "").lower()
    plain = request.headers.get("content-encoding", "identity") == "identity"
    if media.strip().lower() != "application/json" or not plain:
        raise WrongMedia("media-type")
    if charset not in ("", "charset=utf-8", "charset=utf8"):
        raise WrongMedia("media-type")


async def collect(request: Request, most: int) -> bytes:
    said = request.headers.get("content-length", "")
    if said.isdecimal() and (len(said) > 18 or int(said) > most):
        raise TooLarge("body-too-large", most=most)
    content = bytearray()
    try:
        async with asyncio.timeout(ARRIVAL_S):
            async for part in request.stream():
                content += part
                if len(content) > most:
                    raise TooLarge("body-too-large", most=most)
    except TimeoutError:
        raise TooSlow("body-too-slow", seconds=int(ARRIVAL_S)) from None
    return bytes(content)


def parse(content: bytes) -> Any:
    """Return the value. Raises Unreadable saying why, and never repeating it."""
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=once_each,
            parse_int=whole,
            parse_float=finite,
            parse_constant=no_constant,
        )
    except UnicodeDecodeError as error:
        raise Unreadable("not-utf-8", position=error.start) from None
    except json.JSONDecodeError as error:
        raise Unreadable("not-json", line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise Unreadable("too-deep", most=DEEPEST) from None
    if content.count(b"{") + content.count(b"[") > DEEPEST:
        refuse_deep(value)
    if b"\\u" in content:  # UTF-8 has no surrogates and JSON no raw NUL
        refuse_unfit(value)
    return value


def refuse_deep(value: Any) -> None:
    """Raises Unreadable for more levels than anybody needs, looked at level by level."""
    level, depth = [value], 1
    while level:
        if depth > DEEPEST:
            raise Unreadable("too-deep", most=DEEPEST)
        objects = [each.values() for each in level if type(each) is dict]
        lists = [each for each in level if type(each) is list]
        level, depth = [*chain(*objects, *lists)], depth + 1


def refuse_unfit(value: Any) -> None:
    for text in texts(value):
        if SURROGATE.search(text):
            raise Unreadable("text-not-storable")


def texts(value: Any) -> Iterator[str]:
    """Yield every name and text in a value."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            yield from each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("duplicate-name")
    return found


def whole(digits: str) -> int:
    if len(digits) > 17 or abs(number := int(digits)) > LARGEST:
        raise Unreadable("number-too-large")
    return number


def finite(digits: str) -> float:
    if len(digits) > 400 or not math.isfinite(number := float(digits)):
        raise Unreadable("number-too-large")
    return number


def no_constant(_: str) -> NoReturn:
    """NaN and Infinity are no JSON, whatever Python's parser thinks."""
    raise Unreadable("number-too-large")
