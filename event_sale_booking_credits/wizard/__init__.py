from . import booking_cancel_many, event_miss_session, event_walk_in
