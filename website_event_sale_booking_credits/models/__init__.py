from . import (
    event_booking,
    event_page,
    event_ticket,
    event_waiting,
    event_waiting_page,
    sale_order,
)
