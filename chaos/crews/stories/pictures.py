"""A photo noted at the door and sent after both have left: what a seal waits for."""

import time

from chaos.crews.acts import Acts
from chaos.crews.noted import Picture
from chaos.crews.sending import come_whole, got, send_all
from chaos.crews.sorts import Planned
from chaos.crews.stories.basement import set_out, wait_to_send
from chaos.crews.stories.door import DEBTOR
from doorstep.client import Answer, Gateway

#: Why somebody looks, and how often it is tried while nobody has looked at it yet.
REASON, LOOKS = "complaint", 20
#: Seconds from the door to where a photo can be sent.
AWAY_S = (0.5, 1.5)


def later(acts: Acts, visit: Planned) -> None:
    """Leave, send the photo then, and have somebody of the bank look at it."""
    acts.check_in(visit, "200")
    phone, line = set_out(acts, visit)
    handset = acts.crew.handsets[0]
    noted = handset.photographs(visit)
    for fact in (DEBTOR, noted):
        phone.note(visit.visit_id, fact, acts.now())
    wait_to_send(phone, visit, len(phone.entries) - 1, len(phone.entries))
    send_all(phone, line)
    come_whole(phone, line)
    acts.both_leave(visit)
    time.sleep(acts.luck.uniform(*AWAY_S))  # they walk back to where there is a signal
    told = handset.sends(visit.visit_id, line.asker.grants[str(visit.visit_id)])[-1]
    assert told.answer is not None
    assert told.answer.reply is not None
    done = Picture(
        visit=str(visit.visit_id),
        media=str(noted.media_id),
        device=str(phone.device_id),
        sha256=noted.sha256,
        receipt=told.answer.reply["receipt"],
    )
    acts.crew.noted.pictures.append(done)
    look(acts, done)


def look(acts: Acts, each: Picture) -> None:
    """Look at a photo sharp, once somebody has looked at it for what it is."""
    path = f"/v1/media/{each.media}?reason={REASON}"

    def shown(http: Gateway) -> Answer:
        return Answer(http.raw("GET", path, {}).status_code)

    for _ in range(LOOKS):
        if got(acts.crew.officer, shown).ok:
            acts.crew.noted.looks.append((each.visit, each.media))
            return
        acts.rest()
