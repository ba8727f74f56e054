from . import portal, portal_bookings, portal_vouchers, report, statement
