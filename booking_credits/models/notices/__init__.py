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
