"""Why one lot pays before the others.

Plain values in, plain values out: no ORM, no clock, no database. The words are found
elsewhere; this only says which rule decided.
"""

from collections.abc import Iterable

from .burndown import UNLIMITED, Lot, burn_order

#: the rules of ``burn_order``, in the order in which they decide
UNLIMITED_FIRST = "unlimited"
PRODUCTS_FIRST = "products"
CATEGORIES_FIRST = "categories"
ENDS_FIRST = "ends"
OLDEST_FIRST = "oldest"
#: nothing else could pay
ONLY = "only"
#: somebody said so
CHOSEN = "chosen"


def why_first(lot: Lot, others: Iterable[Lot], chosen: bool = False) -> str:
    """Return the rule that lets ``lot`` pay before those of ``others`` that can wait.

    It is the rule that sets ``lot`` apart from the one that would pay next.

    >>> why_first(Lot(3, 5, narrowness=2), [Lot(1, 100)])
    'products'
    >>> why_first(Lot(1, 5), [Lot(2, 5)])
    'oldest'
    >>> why_first(Lot(1, 5), [])
    'only'

    :param others: lots that can pay the same; those that pay before ``lot`` anyway,
        and ``lot`` itself, are left out
    :param chosen: somebody put the lots in another order
    """
    if chosen:
        return CHOSEN
    later = [other for other in others if burn_order(other) > burn_order(lot)]
    if not later:
        return ONLY
    following = min(later, key=burn_order)
    if lot.available == UNLIMITED != following.available:
        return UNLIMITED_FIRST
    if lot.narrowness != following.narrowness:
        return PRODUCTS_FIRST if lot.narrowness == 2 else CATEGORIES_FIRST
    if lot.valid_until != following.valid_until:
        return ENDS_FIRST
    return OLDEST_FIRST
