"""Which lots pay, and in what order.

Plain values in, plain values out: no ORM, no clock, no database. A quantity is a
``Decimal`` number of units of one measure (credits or sessions).
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

#: what an unlimited lot has available
UNLIMITED = Decimal("Infinity")


class Lot(NamedTuple):
    """What the order of consumption needs to know of one lot."""

    id: int
    available: Decimal
    #: 0: pays every service, 1: some categories, 2: some products
    narrowness: int = 0
    #: last day included; None: never expires
    valid_until: date | None = None


class Slice(NamedTuple):
    """The part of a payment that one lot takes."""

    lot_id: int
    quantity: Decimal


def burn_order(lot: Lot) -> tuple[bool, int, date, int]:
    """Sort key: unlimited, narrowest scope, earliest end, oldest lot.

    >>> open_ended, soon = Lot(1, Decimal(5)), Lot(2, Decimal(5), 0, date(2030, 1, 31))
    >>> [lot.id for lot in sorted([open_ended, soon], key=burn_order)]
    [2, 1]
    """
    limited = lot.available != UNLIMITED
    return limited, -lot.narrowness, lot.valid_until or date.max, lot.id


def burn_down(
    lots: Iterable[Lot], quantity: Decimal, keep_order: bool = False
) -> tuple[list[Slice], Decimal]:
    """Split ``quantity`` over ``lots``.

    >>> soon = Lot(2, Decimal(2), valid_until=date(2030, 1, 31))
    >>> burn_down([Lot(1, Decimal(3)), soon], Decimal(4))[0]
    [Slice(lot_id=2, quantity=Decimal('2')), Slice(lot_id=1, quantity=Decimal('2'))]

    :param lots: in any order; lots with nothing available are skipped
    :param quantity: units to spend, > 0
    :param keep_order: take the lots as they come, because somebody chose so
    :return: the slices in the order of spending, each > 0, and the units missing;
        ``sum(slices) + missing == quantity``
    """
    slices, missing = [], quantity
    for lot in lots if keep_order else sorted(lots, key=burn_order):
        taken = min(lot.available, missing)
        if taken > 0:
            slices.append(Slice(lot.id, taken))
            missing -= taken
    return slices, missing


def whole_bookings(available: Decimal, cost: Decimal, wanted: Decimal) -> Decimal:
    """Return how many whole bookings ``available`` units pay, at most ``wanted``.

    >>> whole_bookings(Decimal(25), Decimal(10), Decimal(3))
    Decimal('2')
    """
    if cost <= 0 or available <= 0:
        return Decimal(0)
    if available == UNLIMITED:
        return wanted
    return min(wanted, Decimal(available // cost))
