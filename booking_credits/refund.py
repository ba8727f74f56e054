"""What a cancellation gives back.

Plain values in, plain values out: no ORM, no clock, no database. Quantities are
``Decimal`` units of one measure, percentages go from 0 to 100.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

HOUR = 3600


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
    # to the second: 5 h 10 min is no finite number of hours
    left = round(hours_left * HOUR)
    reached = [tier for tier in tiers if round(tier.hours * HOUR) <= left]
    return max(reached, key=lambda tier: tier.hours).percent if reached else Decimal(0)


class Quiet(NamedTuple):
    """Time of day that does not count, from ``start`` until ``end``, in minutes.

    An end at or before the start is on the next day: 22:00 to 07:00. The same time
    twice is no time at all.
    """

    start: int
    end: int


def hours_left(
    begin: datetime, end: datetime, zone: tzinfo, quiet: Quiet | None = None
) -> Decimal:
    """Return the hours from ``begin`` to ``end``, without the quiet ones.

    Both moments are in UTC without zone; quiet hours are what the clock of ``zone``
    shows, also on the days on which it changes. Negative if ``end`` is past: then all
    hours count.

    >>> night = Quiet(22 * 60, 7 * 60)
    >>> hours_left(datetime(2026, 1, 1, 20), datetime(2026, 1, 2, 9), UTC, night)
    Decimal('4')
    """
    seconds = Decimal(int((end - begin).total_seconds()))
    if quiet and seconds > 0:
        seconds -= _quiet_seconds(
            begin.replace(tzinfo=UTC), end.replace(tzinfo=UTC), zone, quiet
        )
    return seconds / HOUR


def is_quiet(moment: datetime, zone: tzinfo, quiet: Quiet) -> bool:
    """Return whether ``moment``, in UTC without zone, lies in the quiet hours.

    >>> is_quiet(datetime(2026, 1, 1, 23), UTC, Quiet(22 * 60, 7 * 60))
    True
    """
    begin = moment.replace(tzinfo=UTC)
    return _quiet_seconds(begin, begin + timedelta(seconds=1), zone, quiet) > 0


def _quiet_seconds(begin: datetime, end: datetime, zone: tzinfo, quiet: Quiet) -> int:
    """Return the quiet seconds between two moments with a zone."""
    if quiet.start == quiet.end:
        return 0
    next_day = 24 * 60 if quiet.end < quiet.start else 0
    day = begin.astimezone(zone).date() - timedelta(days=1)
    last_day = end.astimezone(zone).date()
    total, counted_until = 0, begin
    while day <= last_day:
        midnight = datetime.combine(day, time.min, zone)
        # what a clock on the wall shows, then the moment at which it shows it
        first = (midnight + timedelta(minutes=quiet.start)).astimezone(UTC)
        last = (midnight + timedelta(minutes=quiet.end + next_day)).astimezone(UTC)
        first, last = max(first, counted_until), min(last, end)
        if first < last:
            total += int((last - first).total_seconds())
            counted_until = last
        day += timedelta(days=1)
    return total


def kept_quantity(quantity: Decimal, percent: Decimal, step: Decimal) -> Decimal:
    """Return the part that does not come back, rounded down for the customer.

    >>> kept_quantity(Decimal(3), Decimal("66.5"), Decimal("0.01"))
    Decimal('1.00')

    :param quantity: >= 0
    :param percent: what comes back, from :func:`returned_percent`
    :param step: smallest part, > 0
    """
    steps = (quantity * (100 - percent) / 100 / step).quantize(Decimal(1), ROUND_FLOOR)
    return steps * step


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
