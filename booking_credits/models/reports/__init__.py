"""What is owed and earned, as of any day, and the proof against the ledger.

Reads entries and journal items in SQL; stores runs of the proof only.
"""

from .. import customers
from . import booking_credit_report, booking_credit_roll_forward

# isort: split
from . import (
    booking_credit_breakage,
    booking_credit_owed,
    booking_credit_revenue,
    booking_credit_revenue_place,
    booking_credit_roll_forward_cells,
    booking_credit_tie_out,
    booking_credit_tie_out_compare,
    booking_credit_tie_out_print,
    res_company,
    roll_forward_query,
    tie_out_query,
)
