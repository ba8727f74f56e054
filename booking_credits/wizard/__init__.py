from . import (
    booking_cancel,
    booking_voucher_claim,
    booking_voucher_sell,
    booking_voucher_text,
)
