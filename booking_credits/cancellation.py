"""What a cancellation is, and what it was said to give back.

Travel through the steps from the button to the ledger; hold no logic of their own.
"""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Cancellation:
    """Who gives up bookings, why, and how much of them.

    ``by``: see ``booking_cancel_by`` of order lines. ``reason``: for the history.
    ``give_all_back``: set the terms aside, in the customer's favour. ``places``: how
    many of the bookings on one line; None: all of them. ``key``: idempotency key of a
    part.
    """

    by: str = "customer"
    reason: str | None = None
    give_all_back: bool = False
    places: float | None = None
    key: str | None = None


@dataclass
class CancelQuote:
    """What cancelling a booking gives back: shown before, and posted after.

    ``percent``: what comes back. ``hours_left``: until the start; None without one.
    ``why``: what decided, where it is not the time. ``places``: how many of the
    bookings; None: all. ``spent``: ``(entry, units, value)`` that go back.
    ``measures``: for each measure paid with, a dict of ``spent``, ``returned``,
    ``kept`` and ``lost`` units. ``expired``: lots to which nothing comes back.
    ``money``: see ``_get_booking_money_quote`` of order lines. ``forgiven``: ``(which
    one, of how many, in days)``.
    """

    percent: Decimal
    hours_left: float | None
    why: str | None
    places: float | None
    spent: list
    measures: dict = field(default_factory=dict)
    expired: object = ()
    money: dict = field(default_factory=dict)
    forgiven: tuple | None = None
