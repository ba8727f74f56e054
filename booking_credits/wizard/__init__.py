from . import (
    booking_cancel,
    booking_credit_keep,
    booking_voucher_claim,
    booking_voucher_sell,
    booking_voucher_text,
)
