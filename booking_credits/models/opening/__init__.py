"""Opening balances: credits that were sold before Odoo, loaded from a file."""

from .. import reports
from . import (
    booking_credit_import,
    booking_credit_import_line,
    booking_credit_import_post,
    booking_credit_lot,
    booking_credit_tie_out,
)
