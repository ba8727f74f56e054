from . import (
    booking_credit_import,
    booking_credit_import_line,
    booking_credit_import_post,
    booking_credit_lot,
    booking_credit_tie_out,
    booking_credit_tie_out_line,
)
