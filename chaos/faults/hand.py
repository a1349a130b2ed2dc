"""The hand that does the faults of a schedule, and starts again what they ended."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread

from chaos.faults.schedule import Fault
from chaos.faults.targets import ProcessTarget, Target
from doorstep.errors import DoorstepError
from doorstep.process import wait_until

LOOK_S, HEAL_S = 0.05, 60.0
#: Seconds between two starts of a part that does not stay.
AGAIN_S = 1.0
#: What ends a process.
ENDS = ("kill", "lose")


@dataclass
class Done:
    """A fault as it was: moments of `time.monotonic`.

    `back` is when the part was started again or went on, or the fault was over, `ready`
    when it said that it is.
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
    #: Told when the broker has begun without what it had.
    on_loss: Callable[[], object] = lambda: None
    done: list[Done] = field(default_factory=list)
    #: Parts that ended though nobody had killed them, and how many seconds into the run.
    ended_alone: list[tuple[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        Thread.__init__(self, name="hand", daemon=True)
        self.away: dict[str, Done] = {}
        self.starting: dict[str, Done | None] = {}
        #: When each was started last.
        self.started: dict[str, float] = {}
        #: Whose end is no surprise: killed, or noted already.
        self.gone: set[str] = set()
        #: To whom something was begun that ends only when it is mended.
        self.hurt: dict[str, Done | None] = {}
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
        target = self.targets[fault.part]
        if fault.part in self.away:
            return False
        lasts = fault.kind not in ENDS
        if lasts:
            self.hurt.setdefault(fault.part, None)
        if not target.hurt(fault):
            return False
        done = Done(fault, time.monotonic())
        self.done.append(done)
        self.away[fault.part] = done
        if lasts:
            self.hurt[fault.part] = done
        else:
            self.gone.add(fault.part)
        return True

    def look_after(self) -> None:
        """Bring back whose time has come, and whoever ended by itself."""
        now = time.monotonic()
        for name, done in list(self.away.items()):
            if now >= done.began + done.fault.away_s:
                self.bring_back(name, done)
        for name, target in self.processes.items():
            if name in self.away:
                continue
            if target.process is None:
                self.bring_up(name, now)
            elif name in self.starting and target.ready():
                self.note_ready(self.starting.pop(name))

    def bring_up(self, name: str, now: float) -> None:
        """Start what is not there, a while after its last start; note what ended alone."""
        if name not in self.gone:
            self.ended_alone.append((name, now - self.began))
            self.gone.add(name)
        if now - self.started.get(name, 0.0) > AGAIN_S:
            self.start_again(name, self.starting.get(name))

    @property
    def processes(self) -> dict[str, ProcessTarget]:
        """Return the targets that run, and are started again."""
        there = self.targets.items()
        return {name: each for name, each in there if isinstance(each, ProcessTarget)}

    @staticmethod
    def note_ready(done: Done | None) -> None:
        if done:
            done.ready = time.monotonic()

    def bring_back(self, name: str, done: Done) -> None:
        if done.fault.kind not in ENDS:
            if not self.mended(name):
                return  # at the next look
        elif self.processes[name].process or not self.start_again(name, done):
            return  # it has not gone yet, or its port has not: at the next look
        del self.away[name]

    def mended(self, name: str) -> bool:
        """Mend what is hurt; False when that has not been done yet."""
        if not self.targets[name].mend():
            return False
        if done := self.hurt.pop(name, None):
            done.back = time.monotonic()
        return True

    def start_again(self, name: str, done: Done | None) -> bool:
        """Start a part; False when it cannot be yet."""
        try:
            if not self.processes[name].start():
                return False
        except (DoorstepError, OSError):
            return False
        if done:
            done.back = time.monotonic()
            if done.fault.kind == "lose":
                self.on_loss()
        self.gone.discard(name)
        self.starting[name], self.started[name] = done, time.monotonic()
        return True

    def end(self) -> None:
        """Do nothing more, and leave nothing frozen, cut or blocked."""
        self.stopped.set()
        if self.is_alive():
            self.join(HEAL_S)
        for name in self.away.keys() & self.gone:
            self.starting.setdefault(name, self.away[name])
        self.all_mended()
        self.away.clear()

    def all_mended(self) -> bool:
        """Mend whatever is hurt; tell whether all of it is."""
        for name in list(self.hurt):
            self.mended(name)
        return not self.hurt

    def heal(self) -> None:
        """Let everything go on and run, within a minute."""
        self.end()

        def whole() -> bool:
            self.look_after()
            return self.all_mended() and not self.starting

        wait_until(whole, HEAL_S)
