"""Mails to customers: what they received, what ends, what came back.

Calls rooms below for what to say; a queue sends it after commit.
"""

from .. import customers
from . import (
    booking_credit_lot,
    booking_credit_notice,
    booking_credit_notice_news,
    booking_credit_notice_words,
    res_company,
    sale_order,
    sale_order_line,
)
