from . import portal, portal_bookings, statement
