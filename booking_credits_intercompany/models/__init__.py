from . import (
    booking_credit_agreement,
    booking_credit_lot,
)
