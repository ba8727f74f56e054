"""Bookings, and the credits that pay them: the spines of orders and their lines.

Plans, holds and redeems lots; `write` and `action_confirm` list what happens.

Outlets: ``_ask_later``, ``_sync_booking_prepayment``, ``_sync_changed_prepayment``,
``_check_booking_paid``, ``_get_amount_to_confirm``, ``_keep_booking_terms``,
``_note_terms_before``, ``_keep_terms_of_moves``, ``_check_booking_exchangeable``,
``_cancel_booking``, ``_write_cancelled``.
"""

from .. import packs
from . import (
    account_tax,
    booking_credit_lot_check,
    booking_credit_lot_explain,
    booking_credit_lot_rules,
    payment_transaction,
    product_template,
    product_template_start,
    res_company,
    res_partner,
    sale_order,
    sale_order_change,
    sale_order_credit_only,
    sale_order_guard,
    sale_order_hold,
    sale_order_line,
    sale_order_line_change,
    sale_order_line_choice,
    sale_order_line_credit_only,
    sale_order_line_guard,
    sale_order_line_list,
    sale_order_line_money,
    sale_order_line_plan,
    sale_order_line_redeem,
    sale_order_line_rule,
    sale_order_money,
    sale_order_plan,
)
