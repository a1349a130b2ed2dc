"""What a changed schema takes from whoever relies on the old one.

Two ways: what others send us (`in`) must be accepted as before, so nothing may become
narrower; what others read (`out`) must be as they know it, so nothing may become wider. A
word that a reader does not know yet is no break: whoever reads an enumeration has to bear
one more. What cannot be compared (a pattern, a format) must stay the same.
"""

from collections.abc import Iterator
from typing import Any

from doorstep.contracts.messages import Schema, Way

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
AS_IT_IS = ("const", "pattern", "format", "contentEncoding")


class Pair:
    """Two schemas, each with the shapes that it refers to, compared in one way."""

    def __init__(self, old: Schema, new: Schema, way: Way) -> None:
        self.old, self.new, self.way = old, new, way
        self.seen: set[tuple[str, str]] = set()

    def breaks(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        """Go through what breaks between two schemas at a place."""
        refs = (old.get("$ref", ""), new.get("$ref", ""))
        if all(refs):
            if refs in self.seen:
                return  # a shape that has itself inside
            self.seen.add(refs)
        old, new = resolved(self.old, old), resolved(self.new, new)
        choices = (options(self.old, old), options(self.new, new))
        if any(len(each) > 1 for each in choices):
            yield from self.of_choices(place, *choices)
            return
        yield from self.of_one(place, choices[0], choices[1])

    def of_choices(
        self, place: str, old: dict[str, Schema], new: dict[str, Schema]
    ) -> Iterator[str]:
        """Compare choices by what they are: a type, or the name of a shape."""
        gone = [*(old.keys() - new.keys())] if self.way == "in" else []
        come = [*(new.keys() - old.keys())] if self.way == "out" else []
        yield from (f"{place} may no longer be {each}" for each in sorted(gone))
        yield from (f"{place} may now be {each}" for each in sorted(come))
        for name in sorted(old.keys() & new.keys()):
            yield from self.alike(place, old[name], new[name])

    def of_one(
        self, place: str, old: dict[str, Schema], new: dict[str, Schema]
    ) -> Iterator[str]:
        [(was, before)], [(is_now, after)] = old.items(), new.items()
        if kind(before) != kind(after):
            yield f"{place} was {was} and is {is_now}"
            return
        yield from self.alike(place, before, after)

    def alike(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        """Compare two schemas of one type."""
        yield from self.of_words(place, old, new)
        yield from self.of_bounds(place, old, new)
        yield from self.of_fields(place, old, new)
        if "items" in old and "items" in new:
            yield from self.breaks(f"{place}[]", old["items"], new["items"])
        tuples = (old.get("prefixItems", []), new.get("prefixItems", []))
        for number, (before, after) in enumerate(zip(*tuples, strict=False)):
            yield from self.breaks(f"{place}[{number}]", before, after)

    def of_words(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        for word in AS_IT_IS:
            if old.get(word) != new.get(word) and not self.looser(word, old, new):
                yield f"{place}: {word} was {old.get(word)!r} and is {new.get(word)!r}"
        before, after = old.get("enum"), new.get("enum")
        if before is not None:
            kept = before if after is None else after
            yield from (
                f"{place} is never {each!r} now" for each in before if each not in kept
            )
        elif after is not None and self.way == "in":
            yield f"{place} must now be one of {after!r}"

    def looser(self, word: str, old: Schema, new: Schema) -> bool:
        """Tell whether a demand was dropped that only senders had to meet."""
        return self.way == "in" and word in old and word not in new

    def of_bounds(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        for word in (*LOWER, *UPPER):
            before, after = bound(old, word), bound(new, word)
            narrower = after > before if word in LOWER else after < before
            if before != after and narrower == (self.way == "in"):
                yield f"{place}: {word} was {old.get(word)} and is {new.get(word)}"

    def of_fields(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        gone = sorted(before.keys() - after.keys())
        yield from (f"{place}.{name} is gone" for name in gone)
        needed, was_needed = set(new.get("required", ())), set(old.get("required", ()))
        if self.way == "in":
            must = sorted(needed - was_needed)
            yield from (f"{place}.{name} must now be sent" for name in must)
            if old.get("additionalProperties", True) and not_more(new):
                yield f"{place} refuses fields that it does not know"
        else:
            may = sorted(was_needed - needed - {*gone})
            yield from (f"{place}.{name} may now be missing" for name in may)
        for name in sorted(before.keys() & after.keys()):
            yield from self.breaks(f"{place}.{name}", before[name], after[name])


def resolved(whole: Schema, node: Schema) -> Schema:
    """Return what a schema refers to, wherever in the file that stands (RFC 6901)."""
    while "$ref" in node:
        found: Any = whole
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = {**found, **{k: v for k, v in node.items() if k != "$ref"}}
    return node


def options(whole: Schema, node: Schema) -> dict[str, Schema]:
    """Return the choices of a schema by what each of them is; mostly there is one."""
    given = node.get("anyOf") or node.get("oneOf") or [node]
    found = [resolved(whole, each) for each in given]
    return {called(each): each for each in found}


def called(node: Schema) -> str:
    """Return what a choice is: the name of a shape, or a type with its format."""
    if node.get("type") == "object" or "properties" in node:
        return str(node.get("title", "object"))
    return str(node.get("type", "anything"))


def kind(node: Schema) -> str:
    return str(node.get("type", "object" if "properties" in node else "anything"))


def bound(node: Schema, word: str) -> float:
    """Return a bound, or what is beyond every bound where there is none."""
    open_end = float("-inf") if word in LOWER else float("inf")
    return float(node.get(word, open_end))


def not_more(node: Schema) -> bool:
    return node.get("additionalProperties") is False
