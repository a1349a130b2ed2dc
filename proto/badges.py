"""The code on a badge, by which anybody at a door finds out about the pair.

Ten characters anybody can read out and type: Crockford's base 32 without vowels, so that
no code spells a word, and O, I and L read as the digits they look like.
"""

import secrets
import unicodedata

ALPHABET = "0123456789BCDFGHJKMNPQRSTVWXYZ"
LENGTH, GROUP = 10, 5
#: What is read as something else, and what parts the groups.
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, "–": None, "—": None})


def new() -> str:
    """Return a code nobody can guess, in groups: `7KQ2M-0XWT4`, 49 bits of chance."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return grouped(code)


def grouped(code: str) -> str:
    """Return a code as it is written on a badge and read out."""
    code = normal(code)
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def is_one(text: str) -> bool:
    """Tell whether something can be a code at all, which says nothing of whether it is."""
    code = normal(text)
    return len(code) == LENGTH and set(code) <= set(ALPHABET)


def normal(text: str) -> str:
    """Return a code as it is looked up, however it was typed; what is none stays none."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(folded.split()).translate(READ_AS)
