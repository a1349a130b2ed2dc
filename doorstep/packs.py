"""The day's pack as a phone reads it: checked once, then asked without a signal.

No rule is run here. What the pack does not say, what is over, and what must be asked live
counts as not allowed.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from pydantic import ValidationError

from chassis import signatures
from doorstep.errors import DoorstepError
from doorstep.home import write_secretly
from proto.decision import Outcome
from proto.pack import KIND, Deed, Lack, Met, Pack, PackAnswer, PackedVisit
from proto.signing import PublicKey, Signature

#: Where a phone keeps it, for its own eyes only.
FILE = "pack.jws"
STRICTER = list(Outcome).index
STOPPED = PackAnswer(outcome=Outcome.STOP)


def keep(folder: Path, text: str) -> None:
    """Keep the newest pack, for a phone that is switched off and on again."""
    write_secretly(folder / FILE, text)


def forget(folder: Path, now: datetime) -> None:
    """Remove a pack that is over, with everybody it names. One that is none goes too."""
    file = folder / FILE
    if not file.exists():
        return
    try:
        payload = signatures.unb64(file.read_text().split(".")[1])
        over = now >= Pack.model_validate_json(payload).good_until
    except (ValidationError, ValueError, IndexError):
        over = True
    if over:
        file.unlink()


class NotAPack(DoorstepError):
    """What was received is no pack of this bank's for this phone."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the pack of the day is not used: {why}; fetch it again")


@dataclass(frozen=True)
class Said:
    """What a pack says of a deed; `because` when it is not the rules that speak.

    `live`: it has to be asked all the same, for it uses up what may be used once.
    """

    outcome: Outcome
    clauses: tuple[str, ...] = ()
    live: bool = False
    because: str | None = None

    @property
    def allowed(self) -> bool:
        """Whether it may be done without a signal."""
        return self.outcome is Outcome.PROCEED and not self.live


@dataclass(frozen=True)
class Carried:
    """One phone's pack."""

    pack: Pack

    @classmethod
    def read(cls, text: str, keys: Iterable[Mapping[str, Any]], device_id: UUID) -> Self:
        """Return a pack that one of the gateway's keys for packs has signed.

        `keys` are those of `GET /v1/keys` as they were when the phone was enrolled.
        Raises NotAPack.
        """
        head, _, signature = text.rpartition(".")
        try:
            header = json.loads(signatures.unb64(head.partition(".")[0]))
            key = next(each for each in keys if fits(each, header))
            named = PublicKey(x=key["x"], y=key["y"])
            if not signatures.verifies(named, Signature(value=signature), head.encode()):
                raise NotAPack("its signature does not fit")
            pack = Pack.model_validate_json(signatures.unb64(head.partition(".")[2]))
        except StopIteration:
            raise NotAPack(
                "it was signed by nobody we know, or for something else"
            ) from None
        except (ValidationError, ValueError, KeyError, TypeError):
            raise NotAPack("it cannot be read") from None
        if pack.device_id != device_id:
            raise NotAPack("it is another phone's")
        return cls(pack)

    @classmethod
    def kept(cls, folder: Path, keys: Iterable[Mapping[str, Any]], device_id: UUID) -> Self:
        """Return the pack that a phone has kept, checked again. Raises NotAPack."""
        file = folder / FILE
        if not file.exists():
            raise NotAPack("there is none")
        return cls.read(file.read_text(), keys, device_id)

    def visit(self, visit_id: UUID) -> PackedVisit | None:
        """Return a visit of today, if the phone may still know of it."""
        return next((v for v in self.pack.visits if v.visit_id == visit_id), None)

    def says(
        self,
        visit_id: UUID,
        deed: Deed,
        met: Met,
        at: datetime,
        lacking: Collection[Lack] = (),
    ) -> Said:
        """Say what was decided of a deed, whoever is met, at a moment.

        `lacking` is what is not as it should be. Doubt is a no.
        """
        visit = self.visit(visit_id)
        if visit_id in self.pack.withdrawn:
            return Said(Outcome.STOP, because="withdrawn")
        if visit is None:
            return Said(Outcome.STOP, because="not-in-the-pack")
        if not self.pack.made_at <= at < self.pack.good_until:
            return Said(Outcome.STOP, because="pack-expired")
        if not visit.not_before <= at < visit.not_after:
            return Said(Outcome.STOP, because="outside-plan")
        answers = [self.answer(visit, deed, met, at)]
        answers += [self.without(visit, deed, each) for each in lacking]
        return Said(
            max((each.outcome for each in answers), key=STRICTER),
            tuple(dict.fromkeys(clause for each in answers for clause in each.clauses)),
            live=deed in self.pack.live,
        )

    def answer(self, visit: PackedVisit, deed: Deed, met: Met, at: datetime) -> PackAnswer:
        """Look the answer up: the last turn at or before this second of the day."""
        second = int((at - self.pack.days[visit.zone].begins_at).total_seconds())
        rows = self.pack.tables[visit.table].rows.get(deed, ())
        turns = next((row.turns for row in rows if met in row.met), ())
        begun = [number for start, number in turns if start <= second]
        return self.pack.answers[begun[-1]] if begun else STOPPED

    def without(self, visit: PackedVisit, deed: Deed, lack: Lack) -> PackAnswer:
        """Return what one thing lacking means; where it is not asked for, nothing."""
        number = self.pack.tables[visit.table].lacking.get(deed, {}).get(lack)
        proceeds = PackAnswer(outcome=Outcome.PROCEED)
        return proceeds if number is None else self.pack.answers[number]


def fits(key: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    """Tell whether a key is one for packs, and the one that a header of a pack names."""
    ours = {"alg": "ES256", "kid": key.get("kid"), "typ": KIND}
    return key.get("purpose") == "pack" and header == ours
