"""What customers read of their credits: file, statement, portal.

Calls all rooms below, and changes nothing but what the customer may.
"""

from .. import cancelling
from . import (
    booking_credit_entry,
    booking_credit_lot,
    res_partner,
    res_partner_statement,
    sale_order_line,
)
