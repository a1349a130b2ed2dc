"""Crews at work: so many at once, until they are told to stop or nothing more is to do."""

from collections import deque
from collections.abc import Iterator, Sequence
from threading import Event, Thread

from chaos import flows
from chaos.crews.acts import Acts
from chaos.crews.asking import GaveUp
from chaos.crews.crew import Crew


class Shift(Acts):
    """A crew's visits, one after the other, each as one of the flows has it."""

    gave_up = ""

    def run(self) -> None:
        try:
            while self.crew.visits and not self.stop.is_set():
                chance = self.luck.random() * 100
                tale = flows.tale(self.crew, chance, self.crew.flow)
                tale(self, self.crew.visits.popleft())
            self.repeater.repeat(every=True)
        except GaveUp as error:  # the phone's journal cannot go on behind an unknown
            self.gave_up = f"{error} was never answered"
        except Exception as error:  # ours: a crew that stumbles must not look like a rest
            self.gave_up = f"the crew itself failed: {type(error).__name__}"
            raise


class Roster:
    """All crews of a run, of which so many are at work at once."""

    def __init__(self, crews: Sequence[Crew], at_once: int, stop: Event) -> None:
        self.shifts, self.stop = [Shift(crew) for crew in crews], stop
        self.waiting = deque(self.shifts)
        self.threads = [Thread(target=self.work, daemon=True) for _ in range(at_once)]

    def start(self) -> None:
        for each in self.threads:
            each.start()

    def work(self) -> None:
        while self.waiting and not self.stop.is_set():
            self.waiting.popleft().run()

    @property
    def working(self) -> bool:
        return any(each.is_alive() for each in self.threads)

    def stuck(self) -> Iterator[str]:
        """Name crews that failed or gave up, and whoever still waits for an answer."""
        yield from (each.gave_up for each in self.shifts if each.gave_up)
        for each in self.threads:
            if each.is_alive():
                yield "a crew is still waiting for an answer"
