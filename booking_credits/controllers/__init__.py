from . import (
    portal,
    portal_bookings,
    portal_payment,
    portal_vouchers,
    report,
    statement,
)
