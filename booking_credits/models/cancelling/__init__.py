"""What a cancellation gives back: policies, terms, one quote, and the verbs.

Calls paying and the ledger to restore, accounting to refund; by customer, by us, many.

Outlets: ``_tell_cancelled``.
"""

from .. import prepaying
from . import (
    account_move,
    booking_cancellation_policy,
    booking_cancellation_tier,
    product_category,
    product_template,
    res_company,
    res_partner,
    sale_order_by_customer,
    sale_order_by_provider,
    sale_order_line_cancel,
    sale_order_line_many,
    sale_order_line_move,
    sale_order_line_quote,
    sale_order_line_quote_money,
    sale_order_line_terms,
)
