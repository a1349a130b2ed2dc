"""A decision and its replay as people read them, in one language."""

from collections.abc import Iterator
from dataclasses import dataclass

from doorstep.catalogue import say
from doorstep.decisions.record import Record
from doorstep.decisions.replay import Again
from proto.canonical import canonical


@dataclass(frozen=True)
class Telling:
    """Writes in one language."""

    language: str

    def say(self, key: str, **values: object) -> str:
        return say(self.language, f"decision.{key}", **values)

    def record(self, record: Record, *, facts: bool) -> Iterator[str]:
        """Yield what was asked and answered, and each reason with its own words."""
        decision = record.decision
        yield self.say("head", id=decision.decision_id)
        act = say(self.language, f"rulebook.acts.{decision.act.value}")
        outcome = self.say(f"outcomes.{decision.outcome.value}")
        until = decision.good_until
        said = {
            "act": self.say("act", act=act, name=decision.act.value),
            "about": self.say(f"about.{record.service}", id=record.about),
            "at": record.at.isoformat(timespec="seconds"),
            "by": record.asked_by,
            "day": decision.on.isoformat(),
            "books": ", ".join(decision.books),
            "hash": decision.books_hash,
            "outcome": outcome,
            "until": until.isoformat(timespec="seconds") if until else "-",
        }
        for name, value in said.items():
            yield f"  {self.say(f'titles.{name}')}: {value}"
        for reason in decision.reasons:
            yield f"  {reason.clause}  {reason.cite}  {reason.key}"
            if reason.quote:
                yield f"    “{reason.quote}”"
            yield f"    {reason.says.get(self.language, '')}"
            yield f"    {reason.cure.get(self.language, '')}"
        if facts:
            yield f"  {self.say('titles.facts')}: {canonical(record.facts).decode()}"

    def again(self, again: Again) -> Iterator[str]:
        """Yield what came of judging once more."""
        if again.wrong is not None:
            yield self.say("wrong", problem=again.wrong)
            return
        if again.other_books:
            yield self.say("other-books", kept=again.hash_kept, now=again.hash_now)
        if again.difference is None:
            yield self.say("same", bytes=len(again.content), digest=again.digest())
        else:
            yield self.say("difference", **vars(again.difference))
