"""The numbers of receipts: one after the other, none left out, from 1 each year."""

from dataclasses import dataclass
from uuid import UUID


@dataclass
class Series:
    """The last number that was drawn, locked by whoever draws the next one.

    The row is changed in the transaction of the receipt: if that ends without one, the
    number was never drawn.
    """

    id: UUID
    year: int
    last: int

    def draw(self, year: int) -> str:
        """Return the next number of a year, by the bank's calendar.

        A clock that is a moment behind another one's does not go back to the old year.
        """
        if year > self.year:
            self.year, self.last = year, 0
        self.last += 1
        return f"SJ{self.year}-{self.last:06}"
