from . import portal, portal_bookings, report, statement
