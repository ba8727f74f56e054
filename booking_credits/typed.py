"""What people type, and browsers send, read as Odoo reads it."""

from decimal import Decimal, InvalidOperation

#: the largest id of a record
MAX_ID = 2**31 - 1


def read_id(value):
    """Return the id that ``value`` says, as Odoo would read it; 0 for anything else.

    Pages and remote calls send what they like: words, lists, “²”, “+13”, 10^20.
    """
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return 0
    try:
        number = int(value)
    except ValueError:
        return 0
    return number if 0 < number <= MAX_ID else 0


def read_decimal(number):
    """Return ``number`` as a ``Decimal``; None for no number, or one past 10¹⁵."""
    try:
        value = Decimal(str(number))
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) <= 10**15 else None
