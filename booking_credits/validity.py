"""When a validity ends. Dates are local to the company; both ends are included."""

from datetime import date

from dateutil.relativedelta import relativedelta


def last_valid_day(
    start: date, unit: str, number: int = 0, fixed: date | None = None
) -> date | None:
    """Return the last day on which credits may be used; None: they never expire.

    Bought on 1 March for 30 days: until 31 March (S0-04). Bought on 31 August for
    6 months: until the end of February (S1-18).

    >>> last_valid_day(date(2026, 8, 31), "months", 6)
    datetime.date(2027, 2, 28)

    :param start: first day of the validity, usually the day of the purchase
    :param unit: ``none``, ``days``, ``weeks``, ``months``, ``years``, ``month_end``
        (the last day of the month that ``number`` months lead to) or ``fixed``
    :param number: how many units, > 0 for a duration, >= 0 for ``month_end``
    :param fixed: last day, for ``fixed``
    """
    if unit == "none":
        return None
    if unit == "fixed":
        return fixed
    if unit == "month_end":
        return start + relativedelta(months=number, day=31)
    return start + relativedelta(**{unit: number})


def outlives_a_year(
    start: date, unit: str, number: int = 0, fixed: date | None = None
) -> bool:
    """Return whether credits bought on ``start`` can be used for more than a year.

    >>> outlives_a_year(date(2026, 1, 15), "months", 12)
    False
    >>> outlives_a_year(date(2026, 1, 15), "months", 13)
    True

    :param start: see :func:`last_valid_day`, as the other parameters
    """
    if unit == "fixed" and not fixed:
        return False
    end = last_valid_day(start, unit, number, fixed)
    return end is None or end > start + relativedelta(years=1)
