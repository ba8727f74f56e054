from .. import cancelling
from . import (
    booking_credit_entry,
    booking_credit_lot,
    res_partner,
    res_partner_statement,
    sale_order_line,
)
