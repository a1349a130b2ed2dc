"""What the story's phones do by themselves: they carry the day's pack, answer out of it
without a signal, and tell what was done once they have one.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from doorstep.client import Answer, Gateway
from doorstep.demo.story.step import ByPack
from doorstep.packs import Carried, NotAPack
from doorstep.phone import Phone
from proto.decision import Outcome

#: How the badge page says what it says, and the numbers that must stand on the badges.
VERDICT, NUMBER = re.compile(r'class="verdict (\w+)"'), re.compile(r"<dd>(\w+-\d+)</dd>")


class Packs(dict[UUID, Carried]):
    """The packs that the phones carry, each by its phone."""

    def take(
        self, answer: Answer, keys: Iterable[Mapping[str, Any]], phone: Phone, visit: UUID
    ) -> Answer:
        """Let a phone check a pack and keep it; return what it now knows of a visit."""
        try:
            pack = Carried.read(str(answer.body.get("pack")), keys, phone.device_id)
        except NotAPack as problem:
            return Answer(answer.status, {"pack": str(problem)})
        self[phone.device_id] = pack
        known = pack.visit(visit)
        its = known.model_dump(mode="json", include={"badge", "letter"}) if known else {}
        return Answer(answer.status, {"pack": "verified"} | its)

    def look_up(self, asked: ByPack, phone: Phone, visit: UUID, at: datetime) -> Answer:
        """Answer as the pack does: with no status, for nobody else was asked.

        What has to be asked live is not allowed here.
        """
        pack = self[phone.device_id]
        said = pack.says(visit, asked.deed, asked.met, at, asked.lacking)
        outcome = Outcome.STOP if said.live else said.outcome
        reasons = [{"clause": clause} for clause in said.clauses]
        script = pack.pack.scripts.get(asked.script)
        decision = {"outcome": outcome.value, "reasons": reasons}
        return Answer(0, {"decision": decision, "script": script})


def tell(phone: Phone, gateway: Gateway, path: str, body: Mapping[str, Any]) -> Answer:
    """Let the phone tell what was done: a call for help, and its journal in any case.

    An answer of no status says that it waits.
    """
    visit, _, what = path.rpartition("/")
    if what != "journal":
        phone.outgoing.add(path, body)
    phone.report(f"{visit}/journal")
    answers = [each.answer for each in phone.send(gateway) if each.order.path == path]
    return answers[-1] if answers else Answer(0)


def send(phone: Phone, gateway: Gateway) -> Answer:
    """Send all that waits; return what was taken in which order, and the worst answer."""
    sent = phone.send(gateway)
    taken = [each.order.path.rpartition("/")[2] for each in sent]
    status = max((each.answer.status for each in sent), default=0)
    return Answer(status, {"sent": taken, "waiting": len(phone.outgoing.waiting)})


def on_the_page(text: str) -> dict[str, object]:
    """Return what the badge page says to whoever reads it."""
    found = VERDICT.search(text)
    return {"page": found and found[1], "staff_numbers": NUMBER.findall(text)}
