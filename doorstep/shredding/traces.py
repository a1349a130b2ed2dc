"""What a piece of stored text or bytes still says: sealed values, and words in clear."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import ValidationError

from chassis.errors import Unavailable
from chassis.keyring import Keyring
from proto.base import Sealed

#: A sealed value is an object without objects in it, so it is always an innermost one.
INNERMOST = re.compile(r"\{[^{}]*\}")
FIELDS = Sealed.model_fields.keys()
#: How often JSON may be quoted inside JSON.
DEEPEST = 4


@dataclass
class Tally:
    """What was found in one place."""

    sealed: int = 0
    openable: int = 0
    words: int = 0


@dataclass
class Search:
    """What is looked for, and how much of it each place has."""

    keyring: Keyring
    key_id: UUID
    words: list[str]
    places: dict[str, Tally] = field(default_factory=dict)
    forms: list[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.forms = sorted({form for word in self.words for form in forms_of(word)})

    def look(self, place: str, content: bytes) -> None:
        """Count what one stored value has of it."""
        text = content.decode("utf-8", "replace")
        found = [each for each in sealed_in(text) if each.key_id == self.key_id]
        words = sum(content.count(form) for form in self.forms)
        if found or words:
            tally = self.places.setdefault(place, Tally())
            tally.sealed += len(found)
            tally.openable += sum(self.opens(each) for each in found)
            tally.words += words

    def opens(self, sealed: Sealed) -> bool:
        """Whether the keyring still opens a value, as a service would."""
        try:
            self.keyring.open(sealed, self.key_id, sealed.purpose)
        except Unavailable as refusal:
            if refusal.kind != "sealed-field-lost":  # a missing master key proves nothing
                raise
            return False
        except ValueError:  # no Base64, or a nonce of another length
            return False
        return True


def forms_of(word: str) -> Iterator[bytes]:
    """How a word may be written: in both of a bank's encodings, in JSON, in Base64."""
    yield word.encode()
    yield word.encode("gb18030")
    yield json.dumps(word)[1:-1].encode()
    yield from in_base64(word.encode())


def in_base64(content: bytes) -> Iterator[bytes]:
    """The characters of Base64 that stand for this wherever it begins; long words only.

    What its neighbours share a character with is left out, at either end.
    """
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + content)
        end = (before + len(content)) * 8 // 6
        if end - (start := -(-before * 8 // 6)) >= 8:
            yield whole[start:end]


def sealed_in(text: str) -> Iterator[Sealed]:
    """Every sealed value in a text, also in JSON that is quoted in JSON."""
    if "key_id" not in text:
        return
    for match in INNERMOST.finditer(text):
        if (found := sealed_of(match.group())) is not None:
            yield found


def sealed_of(piece: str) -> Sealed | None:
    """The sealed value that an innermost object is, if it is one."""
    for _ in range(DEEPEST):
        try:
            value = json.loads(piece)
            return Sealed.model_validate(value) if value.keys() >= FIELDS else None
        except ValidationError:
            return None
        except ValueError:
            piece = piece.replace('\\"', '"').replace("\\\\", "\\")
    return None
