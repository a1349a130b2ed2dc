"""What a change takes from those who rely on what was released: sentences, or none."""

from collections.abc import Iterator
from pathlib import Path

from doorstep.contracts import files
from doorstep.contracts.files import Contracts
from doorstep.contracts.messages import Schema, Way, messages, way
from doorstep.contracts.schemas import Pair

#: What is meant to break with the next release, each line with its reason.
MEANT = "breaking.md"
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


def broken(old: Contracts, new: Contracts) -> list[str]:
    """Return what `new` takes from those who rely on `old`, each in a sentence."""
    found = list(of_messages(old, new))
    found += of_http(old["openapi.json"], new["openapi.json"])
    found += of_broker(old["asyncapi.json"], new["asyncapi.json"])
    return found


def meant(folder: Path = files.FOLDER) -> list[str]:
    """Return what is said to break, line by line: `- the sentence` and then why."""
    lines = (folder / MEANT).read_text("utf-8").splitlines()
    return [line[2:].partition(" -- ")[0] for line in lines if line.startswith("- ")]


def of_messages(old: Contracts, new: Contracts) -> Iterator[str]:
    ways: dict[str, Way] = {name: way(kind) for name, kind in messages().items()}
    for path in sorted(path for path in old if path.startswith("schemas/")):
        name = path.removeprefix("schemas/").removesuffix(".json")
        if path not in new:
            yield f"{name} is gone"
            continue
        pair = Pair(old[path], new[path], ways.get(name, "out"))
        yield from pair.breaks(name, old[path], new[path])


def of_http(old: Schema, new: Schema) -> Iterator[str]:
    for path, methods in sorted(old["paths"].items()):
        for method in sorted(methods.keys() & {*METHODS}):
            door = f"{method.upper()} {path}"
            if (after := new["paths"].get(path, {}).get(method)) is None:
                yield f"{door} is gone"
                continue
            yield from of_door(door, (old, methods[method]), (new, after))


def of_door(
    door: str, before: tuple[Schema, Schema], after: tuple[Schema, Schema]
) -> Iterator[str]:
    """Compare an operation, each with the whole document that it stands in."""
    (old, was), (new, is_now) = before, after
    roles: list[str] = was.get("x-roles", [])
    kept: list[str] = is_now.get("x-roles", roles)
    gone = set(roles) - set(kept)
    yield from (f"{door} is closed to {role}" for role in sorted(gone))
    if not was["security"] and is_now["security"]:
        yield f"{door} asks who one is"
    yield from of_parameters(door, was, is_now)
    for status in sorted(was["responses"]):
        if status not in is_now["responses"] and status.startswith("2"):
            yield f"{door} no longer answers {status}"
        elif status.startswith("2"):
            answers = was["responses"][status], is_now["responses"][status]
            yield from of_contents(f"{door} {status}", Pair(old, new, "out"), *answers)
    bodies = was.get("requestBody"), is_now.get("requestBody")
    if bodies[1] and not bodies[0]:
        yield f"{door} wants a body"
    elif bodies[0] and bodies[1]:
        yield from of_contents(f"{door} body", Pair(old, new, "in"), bodies[0], bodies[1])


def of_parameters(door: str, was: Schema, is_now: Schema) -> Iterator[str]:
    before = {(each["in"], each["name"]): each for each in was.get("parameters", ())}
    after = {(each["in"], each["name"]): each for each in is_now.get("parameters", ())}
    yield from (
        f"{door} no longer takes {name}" for _, name in sorted({*before} - {*after})
    )
    for key, its in sorted(after.items()):
        if its.get("required") and not before.get(key, {}).get("required"):
            yield f"{door} wants {key[1]}"
        if key in before:
            schemas = before[key].get("schema", {}), its.get("schema", {})
            yield from Pair({}, {}, "in").breaks(f"{door} {key[1]}", *schemas)


def of_contents(place: str, pair: Pair, was: Schema, is_now: Schema) -> Iterator[str]:
    before, after = was.get("content", {}), is_now.get("content", {})
    yield from (f"{place} is no longer {media}" for media in sorted({*before} - {*after}))
    for media in sorted({*before} & {*after}):
        schemas = before[media].get("schema", {}), after[media].get("schema", {})
        yield from pair.breaks(place, *schemas)


def of_broker(old: Schema, new: Schema) -> Iterator[str]:
    for name, channel in sorted(old["channels"].items()):
        if name not in new["channels"]:
            yield f"the channel {name} is gone"
        elif channel["address"] != new["channels"][name]["address"]:
            yield f"the channel {name} has moved"
    for name, operation in sorted(old["operations"].items()):
        if operation["action"] == "send" and name not in new["operations"]:
            yield f"{name}: nobody does so now"
