from .. import paying
from . import (
    booking_prepayment_rule,
    res_partner,
    sale_order,
    sale_order_line,
)
