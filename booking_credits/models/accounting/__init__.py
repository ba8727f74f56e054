from .. import ledger
from . import (
    account_move,
    account_move_line_keep,
    account_move_line_refund,
    account_payment,
    account_tax,
    booking_credit_entry,
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
