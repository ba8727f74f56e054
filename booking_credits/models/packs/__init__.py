"""Products that give credits: their terms and limits, and the lines that sell them.

Calls the ledger to grant, and accounting for accounts and taxes; vouchers live here.

Outlets: ``_is_payment_given_up``.
"""

from .. import accounting
from . import (
    account_move_line,
    account_move_line_discount,
    booking_credit_lot_bonus,
    booking_credit_lot_voucher,
    booking_credit_lot_voucher_portal,
    booking_voucher_attempt,
    product_product,
    product_template,
    product_template_bonus,
    product_template_limits,
    product_template_offer,
    res_partner,
    res_partner_category,
    res_users,
    sale_order,
    sale_order_line,
)
