"""How the value of a lot is released as its units are used.

Cumulative rounding: at any moment what was released is the exact share of what was
used, rounded once. The total is exact, the last unit takes what is left, and the
error never exceeds half of the smallest coin. Plain values in, plain values out.
"""

from decimal import ROUND_HALF_UP, Decimal


def round_to(amount: Decimal, rounding: Decimal) -> Decimal:
    """Round half up to a multiple of ``rounding`` (the currency's smallest coin).

    >>> round_to(Decimal("2.345"), Decimal("0.01"))
    Decimal('2.35')
    """
    steps = (amount / rounding).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return (steps * rounding).quantize(rounding)


def released_value(
    value: Decimal,
    basis_value: Decimal,
    basis_quantity: Decimal,
    left: Decimal,
    rounding: Decimal,
) -> Decimal:
    """Return the money released when ``left`` units stay on the lot.

    A pack of 10 for 83.32 releases 8.33, 8.33, 8.34, 8.33 …:

    >>> released_value(*map(Decimal, ("66.66", "83.32", "10", "7", "0.01")))
    Decimal('8.34')

    :param value: money on the lot before the use, >= 0
    :param basis_value: money on the lot when its terms were last set, >= 0
    :param basis_quantity: units on the lot at that moment, >= 0
    :param left: units on the lot after the use, >= 0
    :param rounding: smallest coin of the currency, > 0
    :return: between 0 and ``value``; all of ``value`` when nothing is left
    """
    if left <= 0 or basis_quantity <= 0:
        return value
    used = max(basis_quantity - left, Decimal(0))
    keep = basis_value - round_to(basis_value * used / basis_quantity, rounding)
    return min(max(value - keep, Decimal(0)), value)
