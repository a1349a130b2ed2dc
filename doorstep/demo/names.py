"""What stands for an id in the story: `{visit}`, `{case}`, `{receipt}`."""

from collections.abc import Mapping
from typing import Any

from doorstep.demo.cast import Scene
from proto import ids


class Names(dict[str, str]):
    """What each name stands for now; one that nobody gave stands for a new id."""

    def __init__(self, lasting: Mapping[str, str]) -> None:
        super().__init__(lasting)
        self.lasting = lasting

    def __missing__(self, name: str) -> str:
        self[name] = str(ids.new())
        return self[name]

    def forget(self) -> None:
        """Forget all but what lasts: the next act has receipts of its own."""
        self.clear()
        self.update(self.lasting)

    def at(self, scene: Scene) -> None:
        """Stand at a door."""
        self["visit"] = str(scene.visit_id)
        self["case"] = str(ids.named("case", str(scene.visit["case"])))

    def put(self, body: Any) -> Any:
        """Return a body, or a path, with what the names stand for."""
        if isinstance(body, str):
            return body.format_map(self)
        if isinstance(body, Mapping):
            return {key: self.put(value) for key, value in body.items()}
        return body
