from . import booking_cancel
