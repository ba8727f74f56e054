"""What of a booking is paid before: rules, deposits, and what is asked online.

Calls paying for what credits leave open.
"""

from .. import paying
from . import (
    booking_prepayment_rule,
    res_partner,
    sale_order,
    sale_order_line,
)
