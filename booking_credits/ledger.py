"""The running sums of one lot while an operation is applied to it.

Plain values in, plain values out: no ORM, no clock, no database.
"""

from dataclasses import dataclass
from decimal import Decimal

from .valuation import released_value, round_to

#: entries after which the value left is shared by the units left
REBASING_TYPES = {"grant", "refund"}


@dataclass
class LotSums:
    """Units (balance, held, granted) and money (value) of one lot.

    ``basis_*`` are the units and the money on the lot when its terms were last set:
    the price of a unit is their quotient. ``sequence`` numbers the lot's entries.
    """

    balance: Decimal
    held: Decimal
    value: Decimal
    granted: Decimal
    basis_quantity: Decimal
    basis_value: Decimal
    sequence: Decimal | int
    rounding: Decimal

    def __post_init__(self):
        self.sequence = int(self.sequence)
        self.sequence_before = self.sequence

    @property
    def is_sound(self) -> bool:
        """Return whether ``0 <= held <= balance`` and ``value >= 0``."""
        return 0 <= self.held <= self.balance and self.value >= 0

    def apply(
        self,
        entry_type: str,
        quantity: Decimal,
        held: Decimal = Decimal(0),
        value: Decimal | float | None = None,
    ) -> Decimal:
        """Take one entry in; return its value.

        :param quantity: signed units
        :param held: signed units set aside (+) or freed (-)
        :param value: signed money; None: what ``quantity`` releases, rounded
        """
        self.balance += quantity
        self.held += held
        self.sequence += 1
        if value is not None:
            value = round_to(Decimal(str(value)), self.rounding)
        elif quantity < 0:
            value = -self._release()
        else:
            value = Decimal(0)
        self.value += value
        if entry_type == "grant":
            self.granted += quantity
        if entry_type in REBASING_TYPES:
            self.basis_quantity, self.basis_value = self.balance, self.value
        return value

    def _release(self) -> Decimal:
        return released_value(
            self.value,
            self.basis_value,
            self.basis_quantity,
            self.balance,
            self.rounding,
        )
