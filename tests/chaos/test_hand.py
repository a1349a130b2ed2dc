"""The hand does what the schedule says, and leaves nothing hurt."""

import time

from chaos.faults.hand import Hand
from chaos.faults.schedule import Fault, Kind
from chaos.faults.targets import ProcessTarget, Target
from doorstep.process import Process

HERE = Process(1, "now")


class Wound(Target):
    """Something that takes two looks to be hurt, and two to be mended."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def hurt(self, fault: Fault) -> bool:
        self.said.append("hurt")
        return len(self.said) % 2 == 0

    def mend(self) -> bool:
        self.said.append("mend")
        return len(self.said) % 2 == 0


class Server(ProcessTarget):
    """A process that runs until it is killed, and again once it was started."""

    name = "broker"

    def __init__(self) -> None:
        super().__init__()
        self.runs, self.lost = True, 0

    @property
    def process(self) -> Process | None:
        return HERE if self.runs else None

    def kill(self) -> bool:
        self.runs = False
        return True

    def start(self) -> bool:
        if self.before_start:
            self.before_start()
        self.runs, self.before_start = True, None
        return True

    def lose(self) -> None:
        self.lost += 1

    def launch(self) -> None: ...

    def ready(self) -> bool:
        return self.runs


def fault(part: str, kind: Kind, away_s: float = 0.0) -> Fault:
    return Fault(0.0, part, kind, away_s)


def looks(hand: Hand, *faults: Fault, count: int = 3) -> None:
    for _ in range(count):
        for each in faults:
            if each not in [done.fault for done in hand.done]:
                hand.do(each)
        hand.look_after()
        time.sleep(0.01)


def test_what_takes_its_time_is_hurt_and_mended_once() -> None:
    wound = Wound()
    hand = Hand({"wound": wound}, [])

    looks(hand, fault("wound", "block"), count=4)

    assert wound.said == ["hurt", "hurt", "mend", "mend"]
    (done,) = hand.done
    assert done.back is not None
    assert hand.away == {}


def test_a_broker_that_loses_its_data_starts_without_it_and_that_is_told() -> None:
    server, told = Server(), list[str]()
    hand = Hand({"broker": server}, [], lambda: told.append("lost"))

    looks(hand, fault("broker", "lose"))

    assert (server.runs, server.lost, told) == (True, 1, ["lost"])
    assert hand.ended_alone == []
    looks(hand, fault("broker", "kill"))
    assert (server.runs, server.lost, told) == (True, 1, ["lost"])


def test_what_ends_though_nothing_was_done_to_it_is_noted_and_started_again() -> None:
    server = Server()
    hand = Hand({"broker": server}, [])
    server.runs = False

    looks(hand)

    assert server.runs
    assert [name for name, _ in hand.ended_alone] == ["broker"]


def test_what_does_not_stay_is_not_started_again_at_once() -> None:
    server = Server()
    hand = Hand({"broker": server}, [])

    for _ in range(3):
        server.runs = False
        looks(hand, count=1)

    assert not server.runs
    assert hand.started.keys() == {"broker"}


def test_healing_mends_what_is_hurt_and_starts_what_was_killed() -> None:
    wound, server = Wound(), Server()
    hand = Hand({"wound": wound, "broker": server}, [])
    looks(hand, fault("wound", "block", 60), fault("broker", "kill", 60))

    hand.heal()

    assert (wound.said[-2:], server.runs) == (["mend", "mend"], True)
    assert all(each.back for each in hand.done)
