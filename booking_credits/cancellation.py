"""What a cancellation is, and what it was said to give back.

Travel through the steps from the button to the ledger; hold no logic of their own.
"""

from dataclasses import dataclass


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
