"""How much of an unlimited pass is earned, day by day.

Plain values in, plain values out: no ORM, no clock, no database.
"""

from datetime import date
from decimal import Decimal

from .valuation import round_to


def active_days(first: date, last: date, pause: tuple[date, date] | None = None) -> int:
    """Return the days from ``first`` to ``last``, both counted, less those of a pause.

    >>> active_days(date(2026, 1, 15), date(2026, 4, 14))
    90
    >>> active_days(
    ...     date(2026, 1, 15),
    ...     date(2026, 4, 24),
    ...     (date(2026, 2, 1), date(2026, 2, 10)),
    ... )
    90

    :param pause: first and last day on which the pass rests
    """
    days = max((last - first).days + 1, 0)
    if pause:
        overlap = (min(last, pause[1]) - max(first, pause[0])).days + 1
        days -= max(overlap, 0)
    return days


def earned_value(
    basis_value: Decimal,
    first: date,
    last: date,
    today: date,
    rounding: Decimal,
    pause: tuple[date, date] | None = None,
) -> Decimal:
    """Return what is earned when ``today`` is over, of a pass valid to ``last``.

    100.00 for 90 days from 15 January: 18.89 at the end of the month.

    >>> earned_value(
    ...     Decimal(100),
    ...     date(2026, 1, 15),
    ...     date(2026, 4, 14),
    ...     date(2026, 1, 31),
    ...     Decimal("0.01"),
    ... )
    Decimal('18.89')

    :param basis_value: money that was not earned yet when ``first`` began
    :param rounding: smallest coin of the currency
    :return: between 0 and ``basis_value``; all of it from ``last`` on
    """
    if today >= last:
        return basis_value
    total = active_days(first, last, pause)
    gone = active_days(first, today, pause)
    if total <= 0 or gone <= 0:
        return Decimal(0)
    return round_to(basis_value * gone / total, rounding)
