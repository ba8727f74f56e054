"""What a write changes on order lines, and what has to be remembered of before.

Travels through the steps of ``sale.order.line.write``; holds no logic of its own.
"""

from dataclasses import dataclass, field

#: what decides how many packs or bookings a line is for
QUANTITY = {"product_id", "product_uom_qty", "product_uom_id"}


@dataclass
class LineChange:
    """One write on order lines.

    ``names``: what the bookings in ``paid`` were called. ``whole``: those that credits
    paid wholly. ``paid``: from booking to ``(quantity, lots, reason)`` that paid it and
    came back, to pay anew. ``added``: from booking to the places that are added to it.
    ``moved``: ``(booking, terms)`` of those that go to a later time inside the penalty
    window.
    """

    vals: dict
    names: dict = field(default_factory=dict)
    whole: object = ()
    paid: dict = field(default_factory=dict)
    added: dict = field(default_factory=dict)
    moved: list = field(default_factory=list)

    def touches(self, *names):
        """Return whether one of these fields is written."""
        return not self.vals.keys().isdisjoint(names)
