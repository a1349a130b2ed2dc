"""Walks the visit: what the phone notes, what it asks, what came of it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from chassis import clock, geo
from doorstep.client import Answer
from doorstep.demo.cast import Actor, CannotPlay, Scene
from doorstep.demo.record import Seen, seen
from doorstep.demo.story import Step
from proto.field_visit import Presence
from proto.places import Position

ACCURACY_M = 12.0
PATIENCE_S, PAUSE_S = 15.0, 0.1
#: Word of a phone's key may still be on its way to the doorstep.
NOT_YET = {"not-found", "device-not-yours", "device-without-key"}


class Topics(Protocol):
    """Whoever follows the events of the visit."""

    def await_topics(self, expected: tuple[str, ...]) -> list[str]: ...


@dataclass(frozen=True)
class Visit:
    """The pair at the door. The first collector's phone carries everything."""

    scene: Scene
    pair: tuple[Actor, Actor]

    @property
    def path(self) -> str:
        return f"/v1/visits/{self.scene.visit_id}"

    def await_known(self) -> None:
        """Return once the doorstep knows of the visit. Raises `CannotPlay`."""
        for _ in patiently():
            if self.pair[0].gateway.get(self.path).ok:
                return
        raise CannotPlay("the visit was planned, but the doorstep never heard of it")

    def walk(self, step: Step, topics: Topics) -> tuple[Answer, Seen]:
        """Do one step; return the answer and all that was seen of it."""
        answer = self._asked(step)
        return answer, seen(step, answer, topics.await_topics(step.expects.topics))

    def _asked(self, step: Step) -> Answer:
        phone = self.pair[0].phone
        for fact in step.facts:
            phone.note(self.scene.visit_id, fact, clock.now())
        body: dict[str, Any] = dict(step.body)
        if step.present:
            present = [self._presence(actor) for actor in self.pair[: step.present]]
            body["present"] = [one.model_dump(mode="json") for one in present]
        elif journal := phone.unconfirmed():
            body["journal"] = journal.model_dump(mode="json")
        answer = self._posted(f"{self.path}/{step.ask}", body)
        if "journal" in body and (answer.ok or "decision" in answer.body):
            phone.confirm(body["journal"]["entries"][-1]["seq"])
        return answer

    def _posted(self, path: str, body: dict[str, Any]) -> Answer:
        answer = Answer(0)
        for _ in patiently():
            answer = self.pair[0].gateway.post(path, body)
            if answer.kind not in NOT_YET:
                break
        return answer

    def _presence(self, actor: Actor) -> Presence:
        """Let a phone say where it is: in WGS-84, whatever the bank's file speaks."""
        latitude, longitude = geo.wgs84(self.scene.door)
        here = Position(latitude=latitude, longitude=longitude, accuracy_m=ACCURACY_M)
        return actor.phone.presence(self.scene.visit_id, here, clock.now())


def patiently() -> Iterator[None]:
    """Yield until patience ends, with a pause between."""
    end = time.monotonic() + PATIENCE_S
    while True:
        yield
        if time.monotonic() >= end:
            return
        time.sleep(PAUSE_S)
