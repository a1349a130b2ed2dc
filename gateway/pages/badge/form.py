"""A complaint as a browser sends it: a form of a few fields, and nothing else.

A form needs no script, and it needs no token against forgery: there is no cookie and
nobody signed in, so that another site can make a browser send nothing that its owner
could not send from anywhere. What it could do is let its visitors flood us, which
`Sec-Fetch-Site` says.
"""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Request

from gateway import bodies
from proto import ids
from proto.complaints import About, ComplainByBadge

MEDIA = "application/x-www-form-urlencoded"
#: Characters; bytes of a whole form, which percent-encodes each byte of them.
WORDS_MOST, CONTACT_MOST, MOST = 1000, 100, 24 << 10
FIELDS_MOST = 10
#: What somebody may choose, and what it is about to the desk. Each has a sentence of its
#: own, which stands in the complaint.
CHOICES = {
    "not_shown": About.NOT_SHOWN,
    "not_given": About.NOT_SHOWN,
    "conduct": About.CONDUCT,
    "threat": About.THREAT,
    "money": About.MONEY,
    "privacy": About.PRIVACY,
    "wrong_person": About.WRONG_PERSON,
    "other": About.OTHER,
}


class NotOurs(Exception):
    """What was sent is no form of ours; with what status that is answered."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Form:
    """What was filled in. `faults`: what is wrong with it, in the catalogues' keys."""

    choice: str = ""
    words: str = ""
    contact: str = ""
    key: UUID = field(default_factory=ids.new)
    faults: tuple[str, ...] = ()

    def complaint(self, code: str, chosen: str) -> ComplainByBadge:
        """Return the order. The same form again is the same complaint; changed, another.

        `chosen` is what was chosen, in a sentence.
        """
        words = f"{chosen}\n\n{self.words}" if self.words else chosen
        name = "\x00".join((str(self.key), code, self.choice, words, self.contact))
        return ComplainByBadge(
            complaint_id=ids.named("complaint_by_form", name),
            code=code,
            about=CHOICES[self.choice],
            words=words,
            contact=self.contact or None,
        )


async def read(request: Request) -> Form:
    """Return the form that was sent.

    Raises NotOurs, also when a page of another site has sent it; TooLarge, TooSlow.
    """
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise NotOurs(403)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != MEDIA or request.headers.get("content-encoding", "identity") != "identity":
        raise NotOurs(415)
    return parsed(await bodies.collect(request, MOST))


def parsed(content: bytes) -> Form:
    """Return a form from its bytes. Raises NotOurs."""
    try:
        pairs = parse_qsl(
            content.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=FIELDS_MOST,
        )
    except ValueError:  # also of UnicodeDecodeError, which quotes what it cannot read
        raise NotOurs(400) from None
    given = {name: text_of(value) for name, value in reversed(pairs)}
    choice, key = given.get("what", ""), key_of(given.get("key", ""))
    words, contact = given.get("words", ""), given.get("contact", "")
    wrong = {
        "nothing_chosen": choice not in CHOICES,
        "words_too_long": len(words) > WORDS_MOST,
        "contact_too_long": len(contact) > CONTACT_MOST,
        "send_again": key is None,
    }
    return Form(
        choice=choice,
        words=words,
        contact=contact,
        key=key or ids.new(),
        faults=tuple(name for name, is_so in wrong.items() if is_so),
    )


def text_of(value: str) -> str:
    """Return what somebody wrote: lines as we end them, nothing that cannot be seen."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(visible(line) for line in lines).strip()


def visible(line: str) -> str:
    return "".join(each for each in line.replace("\t", " ") if each.isprintable())


def key_of(text: str) -> UUID | None:
    """Return the key that came with the page, by which a second press is no second one."""
    try:
        return UUID(text)
    except ValueError:
        return None
