"""Credits that are given again every period."""

from .. import reports
from . import (
    booking_credit_allowance,
    booking_credit_lot,
)
