"""Credits that one company sold and another one delivers."""

from .. import reports
from . import (
    booking_credit_agreement,
    booking_credit_lot,
)
