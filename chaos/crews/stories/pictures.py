"""A photo noted at the door and sent after both have left: what a seal waits for."""

import time
from io import BytesIO
from uuid import UUID

from PIL import Image

from chaos.crews.acts import Acts
from chaos.crews.asking import Asker
from chaos.crews.crew import Planned
from chaos.crews.noted import Picture
from chaos.crews.sending import come_whole, got, send_all
from chaos.crews.stories.basement import set_out, wait_to_send
from chaos.crews.stories.door import DEBTOR
from doorstep import uploading
from doorstep.client import Answer, Gateway
from doorstep.uploading import Taken
from gateway.landing.giving import RECEIPT_HEADER
from gateway.landing.grants import HEADER as GRANT_HEADER
from proto.facts import MediaNoted

#: Why somebody looks, and how often it is tried while nobody has looked at it yet.
REASON, LOOKS = "complaint", 20
#: Seconds from the door to where a photo can be sent.
AWAY_S = (0.5, 1.5)
JPEG = "image/jpeg"


def later(acts: Acts, visit: Planned) -> None:
    """Leave, send the photo then, and have somebody of the bank look at it."""
    acts.check_in(visit, "200")
    phone, line = set_out(acts, visit)
    taken = Taken.now(one(acts), JPEG, acts.now())
    noted = MediaNoted(media_id=taken.media_id, media="photo", sha256=taken.sha256)
    for fact in (DEBTOR, noted):
        phone.note(visit.visit_id, fact, acts.now())
    wait_to_send(phone, visit, len(phone.entries) - 1, len(phone.entries))
    send_all(phone, line)
    come_whole(phone, line)
    acts.both_leave(visit)
    time.sleep(acts.luck.uniform(*AWAY_S))  # they walk back to where there is a signal
    receipt = sent(line.asker, visit, phone.device_id, taken)
    done = Picture(
        visit=str(visit.visit_id),
        media=str(taken.media_id),
        device=str(phone.device_id),
        sha256=taken.sha256,
        receipt=receipt,
    )
    acts.crew.noted.pictures.append(done)
    look(acts, done)


def one(acts: Acts) -> bytes:
    """Return a photo that nobody else has taken."""
    file, colours = BytesIO(), acts.luck.randbytes(16 * 12 * 3)
    Image.frombytes("RGB", (16, 12), colours).resize((320, 240)).save(file, "JPEG")
    return file.getvalue()


def sent(asker: Asker, visit: Planned, device_id: UUID, taken: Taken) -> str:
    """Send a photo until it is whole; return what the gateway signed for it."""
    path = f"{uploading.UPLOADS}/{taken.media_id}"
    grant = {GRANT_HEADER: asker.grants[str(visit.visit_id)]}
    said = uploading.announcement(visit.visit_id, device_id, taken) | grant
    receipt = ""

    def whole(http: Gateway) -> Answer:
        nonlocal receipt
        head = http.raw("HEAD", path, uploading.VERSION)
        if head.status_code == 404:
            made = http.raw("POST", uploading.UPLOADS, said)
            if made.status_code not in (200, 201):
                return Answer(made.status_code)
        uploading.send_rest(http, path, taken.content)
        head = http.raw("HEAD", path, uploading.VERSION)
        receipt = head.headers.get(RECEIPT_HEADER, "")
        return Answer(head.status_code if receipt else 503)

    answer = got(asker, whole)
    assert receipt, f"a photo was refused: {answer.status}"
    return receipt


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
