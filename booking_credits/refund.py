"""What a cancellation gives back.

Plain values in, plain values out: no ORM, no clock, no database. Quantities are
``Decimal`` units of one measure, percentages go from 0 to 100.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple


class Tier(NamedTuple):
    """Cancelling at least ``hours`` before the start gives ``percent`` back."""

    hours: Decimal
    percent: Decimal


def returned_percent(
    tiers: Sequence[Tier], hours_left: Decimal | None, no_show: Decimal = Decimal(0)
) -> Decimal:
    """Return the percentage that comes back.

    At the exact limit the customer wins. Without tiers everything comes back; so it
    does for a booking without a start. Nothing comes back inside the last tier.

    >>> day_and_four_hours = [Tier(Decimal(24), Decimal(100)), Tier(Decimal(4), Decimal(50))]
    >>> returned_percent(day_and_four_hours, Decimal(5))
    Decimal('50')

    :param tiers: in any order
    :param hours_left: from now to the start; negative once it has started
    :param no_show: percentage that comes back after the start
    """
    if not tiers or hours_left is None:
        return Decimal(100)
    if hours_left < 0:
        return no_show
    reached = [tier for tier in tiers if tier.hours <= hours_left]
    return max(reached, key=lambda tier: tier.hours).percent if reached else Decimal(0)


def returned_quantity(quantity: Decimal, percent: Decimal, step: Decimal) -> Decimal:
    """Return the units that come back, rounded up in the customer's favour (S1-23).

    >>> returned_quantity(Decimal(101), Decimal(50), Decimal(1))
    Decimal('51')

    :param quantity: units paid, >= 0
    :param percent: from :func:`returned_percent`
    :param step: smallest part of a unit that can come back, > 0
    """
    steps = (quantity * percent / 100 / step).quantize(Decimal(1), ROUND_CEILING)
    return min(steps * step, quantity)


def kept_slices(paid: Sequence[Decimal], kept: Decimal) -> list[Decimal]:
    """Split the fee over the slices that paid, first spent first.

    So what comes back goes to the lots that were spent last.

    >>> kept_slices([Decimal(6), Decimal(4)], Decimal(5))
    [Decimal('5'), Decimal('0')]

    :param paid: units per slice, in the order of spending
    :param kept: units that do not come back, at most ``sum(paid)``
    """
    parts = []
    for quantity in paid:
        parts.append(min(quantity, kept))
        kept -= parts[-1]
    return parts
