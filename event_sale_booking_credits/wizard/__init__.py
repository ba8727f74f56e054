from . import booking_cancel_many, event_walk_in
