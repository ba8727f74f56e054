from . import (
    base_partner_merge,
    booking_cancel,
    booking_credit_change,
    booking_credit_give,
    booking_credit_keep,
    booking_credit_sell,
    booking_credit_tie_out_run,
    booking_voucher_claim,
    booking_voucher_sell,
    booking_voucher_text,
    sale_order_discount,
)
