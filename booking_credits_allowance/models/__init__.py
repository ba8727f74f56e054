from . import (
    booking_credit_allowance,
    booking_credit_lot,
    booking_credit_notice,
)
