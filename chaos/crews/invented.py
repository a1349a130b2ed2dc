"""Personal data that nobody has: planted where people's words go, looked for where none is.

Every text holds the same four characters and every number the same ten digits, so that a
few needles find all of them. No such name is borne, and no such number can be dialled.
"""

from typing import Any

from tests.acting import DOOR

#: What is looked for. Digits: no mobile number begins with 10, no citizen's with 99.
NAME, DIGITS = "璩琭燚翀", "0706050401"
CORES = (NAME, DIGITS)


def case(number: int) -> dict[str, Any]:
    """Return what is personal of the cases of a crew: the debtor, and the door."""
    return {
        "debtor": {
            "name": f"{NAME}{number}",
            "id_number": f"99{DIGITS}{number:06}",
            "card_number": f"6222{DIGITS}{number:02}",
        },
        "address": {"text": f"{NAME}路{number}号", "point": DOOR},
    }


def telephone() -> str:
    return f"1{DIGITS}"


def complaint() -> dict[str, str]:
    """Return what somebody complained of, who names a third person, and how to answer."""
    words = f"来的人向我母亲{NAME}兰说了欠款的事，还打了她的电话{telephone()}。"
    return {"words": words, "contact": f"{NAME}，{telephone()}"}


def remarks() -> str:
    """Return what a debtor writes below a signature."""
    return f"我叫{NAME}，以后请打我哥哥{NAME}军的电话{telephone()}。"


def elsewhere() -> str:
    """Return where a debtor would rather be met, in the debtor's words."""
    return f"{NAME}弄7号二楼，我姐姐{NAME}芳家"
