from .. import customers
from . import (
    booking_credit_analysis,
    booking_credit_dashboard,
    booking_credit_dashboard_panels,
    res_partner,
)
