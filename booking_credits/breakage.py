"""Breakage that is recognised before anything expires, for packs sold together.

IFRS 15.B46: who expects that part of what customers paid is never used recognises it in
proportion to what they do use. Plain values in, plain values out: no ORM, no clock, no
database.
"""

from decimal import Decimal

from .valuation import round_to


def advance(
    sold: Decimal,
    used: Decimal,
    expired: Decimal,
    percent: Decimal,
    rounding: Decimal,
) -> Decimal:
    """Return the income of unused credits that is recognised ahead of their expiry.

    A pack of 100.00, of which 20 % is expected never to be used: after 5 of 10 uses,
    5/8 of 20.00. Should only 10 % be expected after 7 uses, it is less: a catch-up.

    >>> [
    ...     str(advance(*map(Decimal, row)))
    ...     for row in (
    ...         ("100", "50", "0", "20", "0.01"),
    ...         ("100", "70", "0", "10", "0.01"),
    ...         ("100", "80", "20", "10", "0.01"),
    ...         ("100", "90", "0", "20", "0.01"),
    ...     )
    ... ]
    ['12.50', '7.78', '0.00', '10.00']

    In the third row all that is left has expired, and is income by itself. In the
    fourth more was used than expected: what is left, and no more, is still income.

    :param sold: money that the packs brought in, less what was refunded
    :param used: money released by their use, fees and no-shows included
    :param expired: money that is income because they expired
    :param percent: part of ``sold`` that is expected never to be used, 0 to below 100
    :param rounding: smallest coin of the currency
    :return: from 0 to what is left (``sold - used - expired``)
    """
    unused = sold * percent / 100
    zero = round_to(Decimal(0), rounding)
    left = max(sold - used - expired, zero)
    if used <= 0 or unused <= 0 or unused >= sold:
        return zero
    in_all = min(unused * used / (sold - unused), sold - used)
    return min(max(round_to(in_all - expired, rounding), zero), left)
