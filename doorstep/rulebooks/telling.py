"""The merged view as people read it, in one language."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any

from doorstep.catalogue import say
from doorstep.rulebooks.merged import Merged, Norm, Said
from proto.decision import Act
from rulebook import wording
from rulebook.book import Clause
from rulebook.quotes import requirements
from rulebook.rule import EVERY_ACT
from rulebook.topics import RULES

#: What stands between the things of a list, and at the end of a sentence's parts.
MARKS = {"zh-CN": "、", "en": ", "}
ENDS = {"zh-CN": "；", "en": "; "}


@dataclass(frozen=True)
class Telling:
    """Writes in one language."""

    language: str

    def say(self, key: str, **values: object) -> str:
        return say(self.language, f"rulebook.{key}", **values)

    def every(self, merged: Merged) -> Iterator[str]:
        """Yield all lines."""
        yield from self.head(merged)
        for title, norms in (
            ("judged", merged.judged),
            ("excuses", merged.excuses),
            ("terms", merged.terms),
            ("kept", merged.kept),
        ):
            if norms:
                yield from ("", self.say(f"titles.{title}"))
                for norm in norms:
                    yield from self.norm(norm)
        yield from self.open(merged)
        yield from self.contradictions(merged)

    def head(self, merged: Merged) -> Iterator[str]:
        """Yield which books these are, and the few things everybody asks first."""
        act = merged.act
        about = self.say("of-act", act=self.act(act)) if act else ""
        yield self.say("head", on=merged.on, about=about)
        for book in merged.books:
            yield f"  {book.id}  {book.title[self.language]}"
        if short := list(self.short(merged)):
            yield ""
            yield self.say("in-short", said=ENDS[self.language].join(short))

    def short(self, merged: Merged) -> Iterator[str]:
        """Yield the hours, the people, the money and the letters, as far as set."""
        for key in ("contact.window", "visit.min_visitors"):
            if norm := merged.norm(key):
                yield self.say(f"short.{key}", **self.values(norm))
        if merged.act in (None, Act.COLLECT_CASH, Act.AUTHORISE_CASH):
            yield self.cash(merged)
        for key in ("visit.entry_reason", "letter.to_debtor", "letter.min_amount"):
            if norm := merged.norm(key):
                excused = dict.fromkeys(filter(None, (s.clause.unless for s in norm.said)))
                by = MARKS[self.language].join(excused)
                unless = self.say("short.unless", clause=by) if by else ""
                yield self.say(f"short.{key}", **self.values(norm), unless=unless)

    def cash(self, merged: Merged) -> str:
        """Say whether money may be taken: never, if one book says so or all are silent."""
        never, cap = merged.norm("cash.never"), merged.norm("cash.cap")
        if never:
            by = MARKS[self.language].join(each.clause.clause for each in never.said)
            return self.say("short.cash-never", by=by)
        if cap is None or merged.open.keys() & {Act.COLLECT_CASH, Act.AUTHORISE_CASH}:
            return self.say("short.cash-silent")
        return self.say("short.cash-allowed", **self.values(cap))

    def norm(self, norm: Norm) -> Iterator[str]:
        """Yield what is said about one thing: the strictest, then each clause."""
        yield f"  {self.name(norm.key)}{self.strictest(norm)}"
        for each in norm.said:
            yield f"    {self.clause(each)}"
            yield f"      {self.say('quote', quote=each.clause.quote)}"
            if self.language != each.book.language and (means := meaning(each)):
                yield f"      {self.say('meaning', meaning=means)}"

    def strictest(self, norm: Norm) -> str:
        """Say what binds, and by which clauses, where there is a number or a list."""
        parts = [
            self.say(
                "set-by",
                limit=self.limit(norm.key, name, value),
                by=MARKS[self.language].join(norm.by(name)) or self.say("all-of-them"),
            )
            for name, value in norm.limits.items()
        ]
        return self.say("colon") + ENDS[self.language].join(parts) if parts else ""

    def clause(self, said: Said) -> str:
        clause = said.clause
        parts = [
            self.say(f"severities.{clause.severity}"),
            self.say("obligor", who=self.say(f"obligors.{clause.obligor}")),
            *self.before(clause),
            *(self.limit(clause.key, name, value) for name, value in said.limits.items()),
            *self.otherwise(said),
        ]
        if clause.unless:
            parts.append(self.say("unless", clause=clause.unless))
        if clause.serves:
            parts.append(self.say("serves", by=MARKS[self.language].join(clause.serves)))
        if clause.kept_by:
            kind, _, _ = clause.kept_by.partition(":")
            parts.append(self.say(f"kept-by.{kind}", by=clause.kept_by))
        parts.append(self.say("since", day=clause.since))
        if clause.until:
            parts.append(self.say("ends", day=clause.until))
        return f"{clause.clause}  {clause.cite}  {ENDS[self.language].join(parts)}"

    def before(self, clause: Clause) -> Iterator[str]:
        """Say before which acts it is asked, if it is."""
        acts = [act for act in Act if clause.judges(act)]
        if acts and EVERY_ACT.issubset(acts):
            yield self.say("before", acts=self.say("every-act"))
        elif acts:
            yield self.say("before", acts=MARKS[self.language].join(map(self.act, acts)))

    def otherwise(self, said: Said) -> Iterator[str]:
        """Say what becomes of an act that breaks it: of what is judged alone."""
        clause = said.clause
        if clause.key in RULES and not clause.kept_by:
            who = self.say(f"roles.{clause.ask.value}") if clause.ask else ""
            yield self.say(f"otherwise.{clause.otherwise.value}", who=who)

    def open(self, merged: Merged) -> Iterator[str]:
        """Say which acts are never allowed, because no book settles what they need."""
        if not merged.open:
            return
        yield from ("", self.say("titles.open"))
        for act, keys in merged.open.items():
            names = ENDS[self.language].join(map(self.name, keys))
            yield f"  {self.say('never', act=self.act(act), names=names)}"

    def contradictions(self, merged: Merged) -> Iterator[str]:
        """Yield where these books disagree, and what is done about it."""
        if not merged.contradictions:
            return
        yield from ("", self.say("titles.contradictions"))
        for each in merged.contradictions:
            sides = (MARKS[self.language].join(side) for side in (each.one, each.other))
            against = self.say("against").join(sides)
            default = each.default[self.language]
            said = self.say("contradiction", id=each.id, clauses=against, default=default)
            yield f"  {said}"

    def values(self, norm: Norm) -> dict[str, str]:
        return {name: self.value(norm.key, value) for name, value in norm.limits.items()}

    def limit(self, key: str, name: str, value: Any) -> str:
        return self.say(f"limits.{name}", value=self.value(key, value))

    def value(self, key: str, value: Any) -> str:
        """Write a limit as people do: an hour, a sum, the names of what is listed."""
        match value:
            case time():
                return f"{value:%H:%M}"
            case Decimal():
                return f"{value:,.2f}"
            case frozenset():
                return self.listed(key, value)
            case float():
                return f"{value:g}"
        return str(value)

    def listed(self, key: str, values: Iterable[str]) -> str:
        kind = "cash_reason" if key.startswith("cash.") else "entry_reason"
        named = (wording.name(f"{kind}.{each}")[self.language] for each in sorted(values))
        return MARKS[self.language].join(named) or self.say("nothing")

    def name(self, key: str) -> str:
        return wording.name(f"norm.{key}")[self.language]

    def act(self, act: Act) -> str:
        return self.say(f"acts.{act.value}")


def meaning(said: Said) -> str | None:
    """Return in English what a clause of the source document says in Chinese."""
    required = requirements().get(said.clause.clause) if said.book.section else None
    return required.meaning if required else None
