"""The running sums of one lot while an operation is applied to it.

Plain values in, plain values out: no ORM, no clock, no database.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from .valuation import released_value, round_to

#: entries that close an unlimited lot, and those that open it
CLOSING_TYPES = {"expire", "refund"}
OPENING_TYPES = {"grant", "reactivate"}


def as_decimal(number: Decimal | float) -> Decimal:
    """Return a number of the ORM as people write it: 0.1 is one tenth."""
    return number if isinstance(number, Decimal) else Decimal(str(number))


@dataclass(slots=True)
class LotSums:
    """Units (balance, held, granted) and money (value) of one lot.

    ``basis_*`` are the units and the money on the lot when its terms were last set:
    the price of a unit is their quotient. ``sequence`` numbers the lot's entries. The
    balance of an unlimited lot counts its uses below zero.
    """

    balance: Decimal
    held: Decimal
    value: Decimal
    granted: Decimal
    basis_quantity: Decimal
    basis_value: Decimal
    sequence: Decimal | int
    rounding: Decimal
    unlimited: bool = False
    is_open: bool = True
    sequence_before: int = field(init=False)

    def __post_init__(self):
        self.sequence = int(self.sequence)
        self.sequence_before = self.sequence

    @property
    def is_sound(self) -> bool:
        """Return whether ``0 <= held <= balance`` and ``value >= 0``."""
        enough = self.unlimited or self.held <= self.balance
        return enough and self.held >= 0 and self.value >= 0

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
        if value is None:
            value = -self._release(entry_type, quantity)
        else:
            value = round_to(as_decimal(value), self.rounding)
        self.value += value
        if entry_type == "grant":
            self.granted += quantity
        self.is_open = self._stays_open(entry_type)
        # what a sale shares with its bonus changes the price of its own units
        reprices = quantity or entry_type == "grant"
        if reprices and self.value != self._value_at_price():
            self.basis_quantity, self.basis_value = self.balance, self.value
        return value

    def _stays_open(self, entry_type: str) -> bool:
        """Return whether something can be used after an entry of this type."""
        if not self.unlimited:
            return self.balance > 0
        if entry_type == "transfer":
            # a pass goes whole: it ends on one lot and begins on another
            return not self.is_open
        opened = entry_type in OPENING_TYPES
        return opened or (self.is_open and entry_type not in CLOSING_TYPES)

    def _release(self, entry_type: str, quantity: Decimal) -> Decimal:
        """Return the money that goes when ``quantity`` units have gone."""
        if self.unlimited:
            return self.value if entry_type in CLOSING_TYPES else Decimal(0)
        if quantity >= 0:
            return Decimal(0)
        return released_value(
            self.value,
            self.basis_value,
            self.basis_quantity,
            self.balance,
            self.rounding,
        )

    def _value_at_price(self) -> Decimal | None:
        """Return the money that the units left should carry; None: there is no price.

        After a correction, a gift or a partial refund the money left is shared anew
        by the units left.
        """
        if self.unlimited or not 0 < self.balance <= self.basis_quantity:
            return None
        released = released_value(
            self.basis_value,
            self.basis_value,
            self.basis_quantity,
            self.balance,
            self.rounding,
        )
        return self.basis_value - released
