"""Tells the story: who asks what, what is answered, and which clause says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from doorstep.catalogue import knows, say
from doorstep.client import Answer
from doorstep.demo.record import BREACHES, Seen, at, outcome, reasons
from doorstep.demo.story import Act, Step
from doorstep.demo.story.step import CHECKS

COLOURS = {"proceed": "32", "received": "32", "closed": "32", "shown": "32", "done": "32"}
COLOURS |= {"taken": "32", "checked": "36"}
COLOURS |= {"wait": "33", "ask": "33", "waits": "33", "sent": "32"}
RED, BOLD, FAINT = "31", "1", "2"


@dataclass(frozen=True)
class Telling:
    """Speaks one language or several, each on a line of its own."""

    languages: Sequence[str]
    out: TextIO
    colour: bool

    def say(self, key: str, /, indent: str = "", **values: object) -> None:
        """Say a text of the catalogue under `demo`."""
        for language in self.languages:
            self._line(indent + say(language, f"demo.{key}", **values))

    def plain(self, text: str) -> None:
        """Say what is the same in every language."""
        self._line(text)

    def act(self, number: int, act: Act, where: Mapping[str, str]) -> None:
        """Say which act begins, who goes to whose door, and which books are judged."""
        self._line("")
        for language in self.languages:
            title = say(language, f"demo.acts.{act.name}")
            head = say(language, "demo.act", number=number, title=title)
            self._line(self._in(BOLD, f"━━ {head}"))
        self.say("curtain", "   ", **where)
        self.say("books", "   ", **where)

    def step(self, number: int, step: Step, phone: str) -> None:
        """Say what happens, and what is asked by whom."""
        self._line("")
        for place, language in enumerate(self.languages):
            head = f"{number}. " if place == 0 else " " * len(f"{number}. ")
            self._line(self._in(BOLD, head + say(language, f"demo.steps.{step.name}")))
        for language in self.languages:
            who = phone if step.who.is_phone else say(language, f"demo.who.{step.who}")
            asked = say(language, "demo.asked", who=who, request=step.asks)
            self._line(f"   {asked}")

    def answer(self, step: Step, answer: Answer, seen: Seen) -> None:
        """Say how it was answered: outcome, clauses in the books' own words, events."""
        result = outcome(step, answer)
        key = f"demo.outcomes.{result}"
        named = [say(language, key) for language in self.languages if knows(key)]
        whence = f"HTTP {answer.status}" if answer.status else self._offline(step)
        head = f"   → {whence}  {result}  {' / '.join(named)}"
        self._line(self._in(COLOURS.get(result, RED), head.rstrip()))
        if answer.status and not answer.ok and not reasons(answer):
            self._line(f"     {answer.body.get('detail', '')}")
        for sentence, clauses in _by_sentence(answer, self.languages).items():
            self._reason(sentence, clauses)
        if step.aloud:
            self._script(answer)
        for path, value in seen.shown.items():
            self._line(f"     {path}: {value}")
        for topic in seen.topics:
            marked = f"  {' '.join(seen.marked)}" if topic in BREACHES else ""
            self._line(self._in(FAINT, f"   ⚡ {topic}{marked}"))
        for line in answer.body.get("printed", ()):
            self._line(f"     {line}")
        if step.saves and answer.ok:
            self.say("exhibit" if step.exhibit else "saved", "   ", file=step.saves)

    def differences(self, seen: Seen, found: Sequence[tuple[str, Any, Any]]) -> None:
        for what, expected, got in found:
            self.say(
                "difference", "   ", name=seen.name, what=what, expected=expected, got=got
            )

    def _reason(
        self, sentences: tuple[str, ...], clauses: Sequence[Mapping[str, Any]]
    ) -> None:
        """Say why not. A pack has the clauses alone; a decision, their words too."""
        for sentence in sentences:
            self._line(f"     {sentence}")
        if bare := [str(each["clause"]) for each in clauses if "cite" not in each]:
            self._line(self._in(FAINT, f"       {' '.join(bare)}"))
        for clause in clauses[len(bare) :]:
            told = f"       {clause['clause']}  {clause['cite']}  「{clause['quote']}」"
            self._line(self._in(FAINT, told))

    def _offline(self, step: Step) -> str:
        key = "demo.offline" if step.method in CHECKS else "demo.no-signal"
        return " / ".join(say(language, key) for language in self.languages)

    def _script(self, answer: Answer) -> None:
        """Say what the phone gives the pair to say."""
        for language in self.languages:
            if words := at(answer.body, f"script.{language}"):
                self._line(f"     “{words}”")

    def _in(self, colour: str, text: str) -> str:
        return f"\033[{colour}m{text}\033[0m" if self.colour else text

    def _line(self, text: str) -> None:
        print(text, file=self.out, flush=True)


def _by_sentence(
    answer: Answer, languages: Sequence[str]
) -> dict[tuple[str, ...], list[Mapping[str, Any]]]:
    """Return the clauses by what they say and what would mend it.

    Several clauses may say the same.
    """
    found: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for reason in reasons(answer):
        says = tuple(told(reason, language) for language in languages if "says" in reason)
        found.setdefault(says, []).append(reason)
    return found


def told(reason: Mapping[str, Any], language: str) -> str:
    """Return what is wrong, and what would make it right where anything would."""
    cure = reason.get("cure", {}).get(language, "")
    return " ".join(text for text in (str(reason["says"][language]), cure) if text)
