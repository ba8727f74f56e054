"""Figures for people who run the business: dashboard, analysis, who is asleep.

Reads only.
"""

from .. import customers
from . import (
    booking_credit_analysis,
    booking_credit_dashboard,
    booking_credit_dashboard_panels,
    res_partner,
)
