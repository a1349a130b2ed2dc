"""A sum in capital numerals (人民币大写), as cheques and receipts write it.

By the rules for filling in bills (正确填写票据和结算凭证的基本规定): 零 stands for zeros
between digits, once for several; 整 ends what has no fen.
"""

from decimal import Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("仟", "佰", "拾", "")
#: Of each four digits, from the last.
GROUPS = ("", "万", "亿")


def in_capitals(amount: Decimal) -> str:
    """Return an amount of yuan, above nothing and below 10**12, to the fen."""
    fen = int(amount.scaleb(2))
    if fen != amount.scaleb(2) or not 0 < fen < 10**14:
        raise ValueError(f"{amount} is no sum that has capital numerals")
    yuan, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    text = f"{whole(yuan)}元" if yuan else ""
    if jiao:
        between = "零" if yuan and yuan % 10 == 0 else ""
        text += f"{between}{DIGITS[jiao]}角"
    elif yuan and rest:
        text += "零"
    return "人民币" + text + (f"{DIGITS[rest]}分" if rest else "整")


def whole(number: int) -> str:
    """Return a whole number above 0, four digits at a time."""
    text, place = "", 0
    while number:
        number, four = divmod(number, 10_000)
        if four:
            between = "零" if number and four < 1_000 else ""
            text = between + group(four) + GROUPS[place] + text
        elif text and number and not text.startswith("零"):
            text = "零" + text
        place += 1
    return text


def group(four: int) -> str:
    """Return up to four digits, without the zeros at either end."""
    text, zero = "", False
    for digit, place in zip(f"{four:04}", PLACES, strict=True):
        if digit == "0":
            zero = bool(text)
            continue
        text += "零" * zero + DIGITS[int(digit)] + place
        zero = False
    return text
