"""Doors without a signal, and doors from which facts come one by one as they happen.

What was written down there is sent when the phone is back: in parts, now and then out of
order or twice, help before all else. What the gateway takes in alone is as good as kept.
"""

import time
from datetime import timedelta

from chaos.crews.acts import Acts
from chaos.crews.noted import Basement
from chaos.crews.sending import Line, come_whole, send_all, take_grant
from chaos.crews.sorts import Planned
from chaos.crews.stories.door import DEBTOR, INTRODUCED
from doorstep.phone import Phone
from proto import ids
from proto.anchors import Anchor, TakeAnchor
from proto.facts import Fact, Knocked, PositionNoted, hides
from tests.acting import AT_THE_DOOR

#: Shares of parts that are sent too early, and once more under another key.
REORDERED, DOUBLED, HELP = 0.05, 0.10, 0.15
#: Seconds without a signal, minutes by which its wall clock is wrong, entries of a part.
AWAY_S, WRONG_MIN, MOST_OF_A_PART = (0.3, 3.0), 9.0, 4
#: Facts that come one by one: how many of a visit, and seconds between two.
COMING, EVERY_S = (10, 24), (0.15, 0.5)
FACTS: tuple[Fact, ...] = (
    Knocked(times=2),
    DEBTOR,
    INTRODUCED,
    PositionNoted(position=AT_THE_DOOR),
)


def basement(acts: Acts, visit: Planned) -> None:
    """Go down, write, come up, send, and leave when the service has all of it."""
    acts.check_in(visit, "200")
    phone, line = set_out(acts, visit)
    anchor(acts, visit, phone, line)
    come_whole(phone, line)
    since, written = time.time(), len(phone.entries)
    help_ = down(acts, visit, phone)
    queue(acts, visit, phone, written)
    until = time.time()
    acts.crew.noted.basements.append(Basement(str(visit.visit_id), since, until, help_))
    send_all(phone, line)
    come_whole(phone, line)
    acts.both_leave(visit)


def coming(acts: Acts, visit: Planned) -> None:
    """Send each fact as it happens, whoever is away."""
    acts.check_in(visit, "200")
    phone, line = set_out(acts, visit)
    come_whole(phone, line)
    for _ in range(acts.luck.randint(*COMING)):
        phone.note(visit.visit_id, acts.luck.choice(FACTS), acts.now())
        seq = len(phone.entries)
        wait_to_send(phone, visit, seq, seq)
        if acts.now_and_then(0.02):
            call(acts, visit, phone)
        send_all(phone, line)
        time.sleep(acts.luck.uniform(*EVERY_S))
    come_whole(phone, line)
    acts.both_leave(visit)


def set_out(acts: Acts, visit: Planned) -> tuple[Phone, Line]:
    """Take the visit's grant, and the line of the first one's phone."""
    asker = acts.crew.askers[0]
    take_grant(asker, visit.visit_id)
    return acts.crew.door.pair[0].phone, Line(asker, visit.visit_id, acts.repeater)


def anchor(acts: Acts, visit: Planned, phone: Phone, line: Line) -> None:
    """Ask the time while there is a signal: it bounds what a wrong clock says."""
    asked_ms, device = phone.elapsed_ms(), phone.device_id
    body = {"anchor_id": str(ids.new()), "device_id": str(device)}
    told = acts.asked_by(line.asker, TakeAnchor, visit.visit_id, body, "200")
    if told.answer and told.answer.reply:
        phone.anchor(Anchor.model_validate(told.answer.reply), asked_ms, acts.now())


def down(acts: Acts, visit: Planned, phone: Phone) -> bool:
    """Write for a while by a wrong clock; tell whether somebody called for help."""
    phone.signal = False
    luck, up = acts.luck, time.monotonic() + acts.luck.uniform(*AWAY_S)
    wrong = timedelta(minutes=luck.uniform(-WRONG_MIN, WRONG_MIN))
    called = False
    while time.monotonic() < up:
        phone.note(visit.visit_id, luck.choice(FACTS), acts.now() + wrong)
        if not called and acts.now_and_then(HELP / 5):
            call(acts, visit, phone)
            called = True
        time.sleep(luck.uniform(0.05, 0.3))
    phone.signal = True
    return called


def call(acts: Acts, visit: Planned, phone: Phone) -> None:
    body = {"help_id": str(ids.new()), "device_id": str(phone.device_id)}
    at = acts.now().isoformat()
    phone.outgoing.add(f"/v1/visits/{visit.visit_id}/help", body | {"at": at})


def queue(acts: Acts, visit: Planned, phone: Phone, after: int) -> None:
    """Let what was written wait in parts, some of them too early and some of them twice."""
    luck, parts, first = acts.luck, [], after + 1
    while first <= len(phone.entries):
        last = min(len(phone.entries), first + luck.randint(1, MOST_OF_A_PART) - 1)
        parts.append((first, last))
        if acts.now_and_then(DOUBLED):
            parts.append((first, last))
        first = last + 1
    for place in range(1, len(parts)):
        if acts.now_and_then(REORDERED):
            parts[place - 1], parts[place] = parts[place], parts[place - 1]
    if parts != sorted(parts):
        acts.crew.noted.hasty.add(str(phone.device_id))
    for first, last in parts:
        wait_to_send(phone, visit, first, last)


def wait_to_send(phone: Phone, visit: Planned, first: int, last: int) -> None:
    body = {"journal": phone.part(first, last).model_dump(mode="json")}
    phone.outgoing.add(f"/v1/visits/{visit.visit_id}/journal", body)


def two_histories(acts: Acts, visit: Planned) -> None:
    """A phone tells its last entry once more, otherwise: found out, and kept apart."""
    acts.check_in(visit, "200")
    phone, line = set_out(acts, visit)
    phone.note(visit.visit_id, DEBTOR, acts.now())
    come_whole(phone, line)
    last = phone.entries[-1]
    fact = Knocked(times=7)
    other = last.model_copy(update={"fact": fact, "hides": hides(fact)})
    journal = phone.signed([other]).model_dump(mode="json")
    phone.outgoing.add(f"/v1/visits/{visit.visit_id}/journal", {"journal": journal})
    acts.crew.noted.forks.append((str(phone.device_id), last.seq))
    send_all(phone, line)
    come_whole(phone, line)
    acts.both_leave(visit)
