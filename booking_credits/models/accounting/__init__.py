"""What the business owes for credits, in journal entries and credit notes.

Calls the ledger; posts what its entries released, and proves that both agree.

Outlets: ``_fold_bonus``, ``_get_booking_credits_given``, ``_check_packs_sold``,
``_may_take_back_credits``, ``_prepare_booking_credit_lot_vals``.
"""

from .. import ledger
from . import (
    account_move,
    account_move_line_keep,
    account_move_line_refund,
    account_payment,
    account_tax,
    booking_credit_entry,
    booking_credit_lot_check,
    booking_credit_lot_dormant,
    booking_credit_lot_pass,
    booking_credit_lot_refund,
    booking_credit_posting,
    booking_credit_posting_invoice,
    product_template,
    res_company,
    res_company_posting,
    res_partner,
)
