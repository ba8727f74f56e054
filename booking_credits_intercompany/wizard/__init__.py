from . import (
    booking_credit_hand_over,
)
