"""One crew at work, until it is told to stop or has nothing more to do."""

from chaos import flows
from chaos.crews.acts import Acts
from chaos.crews.asking import GaveUp


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
