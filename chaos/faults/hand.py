"""The hand that does the faults of a schedule, and starts again what they ended."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread

from chaos.faults.schedule import Fault
from chaos.faults.targets import Target
from doorstep.errors import DoorstepError
from doorstep.process import wait_until

LOOK_S, HEAL_S = 0.05, 60.0


@dataclass
class Done:
    """A fault as it was: moments of `time.monotonic`.

    `back` is when the part was started again or went on, `ready` when it said it is.
    """

    fault: Fault
    began: float
    back: float | None = None
    ready: float | None = None


@dataclass(eq=False)
class Hand(Thread):
    """Does one thing at a time; nothing else starts or signals a part meanwhile."""

    targets: Mapping[str, Target]
    schedule: Sequence[Fault]
    done: list[Done] = field(default_factory=list)
    #: Parts that ended though nobody had killed them, and how many seconds into the run.
    ended_alone: list[tuple[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        Thread.__init__(self, name="hand", daemon=True)
        self.away: dict[str, Done] = {}
        self.starting: dict[str, Done | None] = {}
        #: Whose end is no surprise: killed, or noted already.
        self.gone: set[str] = set()
        self.stopped, self.began = Event(), time.monotonic()

    def run(self) -> None:
        self.began, left = time.monotonic(), list(self.schedule)
        while not self.stopped.is_set():
            now = time.monotonic() - self.began
            for fault in [each for each in left if each.at_s <= now]:
                if self.do(fault):
                    left.remove(fault)
            self.look_after()
            time.sleep(LOOK_S)

    def do(self, fault: Fault) -> bool:
        """Do a fault; False while its part is not there to be hit."""
        target, done = self.targets[fault.part], Done(fault, time.monotonic())
        if fault.part in self.away:
            return False
        hit = target.kill() if fault.kind == "kill" else target.freeze()
        if hit:
            self.done.append(done)
            self.away[fault.part] = done
            self.gone |= {fault.part} if fault.kind == "kill" else set()
        return hit

    def look_after(self) -> None:
        """Bring back whose time has come, and whoever ended by itself."""
        now = time.monotonic()
        for name, done in list(self.away.items()):
            if now >= done.began + done.fault.away_s:
                self.bring_back(name, done)
        for name, target in self.targets.items():
            if name in self.away:
                continue
            if target.process is None:
                if name not in self.gone:
                    self.ended_alone.append((name, now - self.began))
                    self.gone.add(name)
                self.start_again(name, self.starting.get(name))
            elif name in self.starting and target.ready():
                self.note_ready(self.starting.pop(name))

    @staticmethod
    def note_ready(done: Done | None) -> None:
        if done:
            done.ready = time.monotonic()

    def bring_back(self, name: str, done: Done) -> None:
        target = self.targets[name]
        if done.fault.kind == "freeze":
            target.thaw()
            done.back = time.monotonic()
        elif target.process is not None or not self.start_again(name, done):
            return  # it has not gone yet, or its port has not: at the next look
        del self.away[name]

    def start_again(self, name: str, done: Done | None) -> bool:
        """Start a part; False when it cannot be yet."""
        try:
            if not self.targets[name].start():
                return False
        except (DoorstepError, OSError):
            return False
        if done:
            done.back = time.monotonic()
        self.gone.discard(name)
        self.starting[name] = done
        return True

    def end(self) -> None:
        """Do nothing more, and leave nothing frozen."""
        self.stopped.set()
        if self.is_alive():
            self.join(HEAL_S)
        for target in self.targets.values():
            target.thaw()
        self.starting |= {name: self.away[name] for name in self.away.keys() & self.gone}
        self.away.clear()

    def heal(self) -> None:
        """Let everything go on and run, within a minute."""
        self.end()

        def whole() -> bool:
            self.look_after()
            return not self.starting

        wait_until(whole, HEAL_S)
