"""What of a debtor a pair at the door may know."""

from proto.dispatch import Address, Debtor, PlaceClass, Sheet

SHOWN_DIGITS = 4


def sheet(debtor: Debtor, address: Address, named: str | None = None) -> Sheet:
    """Return what a pair may know: numbers but for their last four digits (16.04).

    `named` are the debtor's words for an address that is another than their own.
    """
    return Sheet(
        debtor_name=debtor.name,
        id_number=masked(debtor.id_number),
        card_number=masked(debtor.card_number),
        address=address.text,
        named=named,
    )


def masked(number: str) -> str:
    """Hide all but the last four characters, and half of a short number."""
    shown = min(SHOWN_DIGITS, len(number) // 2)
    return "*" * (len(number) - shown) + number[len(number) - shown :]


def is_home(address: Address) -> bool:
    """Tell whether the door is that of a home, as all were before places had a class."""
    return address.place_class is PlaceClass.HOME
